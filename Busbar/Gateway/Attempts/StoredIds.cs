using System.Text;
using Busbar.Ir;
using Busbar.Protocols;
using Busbar.Reliability.Selection;
using Busbar.Wire.Framing;
using Busbar.Wire.Json;

namespace Busbar.Gateway.Attempts;

/// <summary>
/// Ids inside bodies that stand for what a provider keeps beside whole answers: items that the Responses API takes by reference, and containers in
/// which code of a conversation runs, there and at Anthropic. All keys share the provider's account; what one of them had made does not exist for any
/// other.
/// </summary>
internal static class StoredIds
{
    /// <summary>
    /// What to tell a client that names what was made with another key than <paramref name="own"/>; null when it names nothing of the kind.
    /// </summary>
    public static GatewayError? Objection(Exchange exchange, string own)
    {
        ResponseAffinity affinity = exchange.Snapshot.Fleet.ResponseAffinity;
        ReadOnlySpan<byte> body = exchange.Body!.Span;

        // Names and ids may be spelt with escapes.
        if (affinity.Count == 0 || (body.IndexOf("\"id\""u8) < 0 && body.IndexOf("container"u8) < 0 && body.IndexOf("\\u00"u8) < 0))
        {
            return null;
        }

        using var tape = new JsonTape();
        if (!tape.TryParse(exchange.Body.Memory))
        {
            return null;
        }

        // Members that are repeated count each: which of them the provider reads is not known.
        foreach (JsonMember member in tape.Root.Members)
        {
            string? container = null;
            if (exchange.Ingress.Traffic.NamesContainers)
            {
                container = member.Name.Is("container"u8)
                    ? OfOther(affinity, own, member.Value.IsObject ? member.Value["id"u8] : member.Value) : null;
            }
            else if (member.Name.Is("tools"u8))
            {
                container = ContainerOf(member.Value, affinity, own);
            }
            else if (member.Name.Is("input"u8) && ReferenceIn(member.Value, affinity, own) is { } item)
            {
                return new GatewayError(ErrorKind.NotFound, $"Item with id '{item}' not found.", Param: "input");
            }

            if (container is not null)
            {
                return new GatewayError(ErrorKind.NotFound, $"Container with id '{container}' not found.", Param: member.Name.ToString());
            }
        }

        return null;
    }

    /// <summary>Whether answers to <paramref name="attempt"/> may name what only its key may name again.</summary>
    public static bool AreOwned(Attempt attempt) =>
        attempt.Exchange is { Caller.Key: not null, Route.Operation: Operation.Chat, Ingress.Traffic: var traffic }
            && (traffic.KeepsAnswers || traffic.NamesContainers) && !attempt.IsTranslated;

    /// <summary>Whether an event of a stream may name such a thing.</summary>
    public static bool MayBeIn(in Frame frame) => frame.Is("response.output_item.added"u8) || frame.Is("message_start"u8)
        || frame.Is("message_delta"u8);

    /// <summary>Remembers whose the things are that <paramref name="answer"/> names: a whole answer, or an event.</summary>
    public static void Remember(Attempt attempt, ReadOnlyMemory<byte> answer)
    {
        if (attempt.Exchange.Ingress.Traffic.NamesContainers && answer.Span.IndexOf("container"u8) < 0)
        {
            return;
        }

        using var tape = new JsonTape();
        if (!tape.TryParse(answer) || !tape.Root.IsObject)
        {
            return;
        }

        JsonNode root = tape.Root;
        AddItem(attempt, root["item"u8]);
        foreach (JsonNode item in root["output"u8].Items)
        {
            AddItem(attempt, item);
        }

        Add(attempt, root["container"u8]["id"u8]);
        Add(attempt, root["message"u8]["container"u8]["id"u8]);
        Add(attempt, root["delta"u8]["container"u8]["id"u8]);
    }

    /// <summary>An id as it is kept, however its characters were spelt.</summary>
    public static ReadOnlySpan<byte> Plain(JsonText id) => id.HasEscapes ? Encoding.UTF8.GetBytes(id.ToString()) : id.Span;

    private static void AddItem(Attempt attempt, JsonNode item)
    {
        Add(attempt, item["id"u8]);
        Add(attempt, item["container_id"u8]);
    }

    private static void Add(Attempt attempt, JsonNode id)
    {
        if (id.Text is { IsNullOrEmpty: false } text)
        {
            attempt.Exchange.Snapshot.Fleet.ResponseAffinity.Add(Plain(text), attempt.Lease.Lane.Index, attempt.Exchange.Caller.Key!.Key.Id);
        }
    }

    // A reference is an item of that type, or of none, that is nothing but an id. Items with content are the client's own words, whatever their id.
    private static string? ReferenceIn(JsonNode input, ResponseAffinity affinity, string own)
    {
        foreach (JsonNode item in input.Items)
        {
            bool isReference = item["type"u8].IsNull && item["role"u8].IsNull;
            foreach (JsonMember member in item.Members)
            {
                isReference |= member.Name.Is("type"u8) && member.Value.Text.Is("item_reference"u8);
            }

            if (!isReference)
            {
                continue;
            }

            foreach (JsonMember member in item.Members)
            {
                if (member.Name.Is("id"u8) && OfOther(affinity, own, member.Value) is { } id)
                {
                    return id;
                }
            }
        }

        return null;
    }

    private static string? ContainerOf(JsonNode tools, ResponseAffinity affinity, string own)
    {
        foreach (JsonNode tool in tools.Items)
        {
            foreach (JsonMember member in tool.Members)
            {
                if (member.Name.Is("container"u8) && OfOther(affinity, own, member.Value) is { } id)
                {
                    return id;
                }
            }
        }

        return null;
    }

    private static string? OfOther(ResponseAffinity affinity, string own, JsonNode id) =>
        id.Text is { IsNullOrEmpty: false } text && affinity.OwnerOf(Plain(text)) is { } owner && owner != own ? text.ToString() : null;
}
