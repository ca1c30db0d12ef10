using Busbar.Gateway.Admission;
using Busbar.Ir;
using Busbar.Ir.Request;
using Busbar.Protocols;
using Busbar.Protocols.Translation.Signatures;
using Busbar.Reliability.Selection;
using Busbar.Wire;
using Busbar.Wire.Json;

namespace Busbar.Gateway.Attempts;

/// <summary>
/// Answers to Responses clients that came from providers of other protocols, which keep nothing: kept here, so that <c>item_reference</c> and
/// <c>previous_response_id</c> work as they do at the vendor, on any lane. What the client asked not to be stored is not.
/// </summary>
internal static class KeptAnswers
{
    /// <summary>
    /// Puts what the request refers to in its place, as far as it was kept here. What is not known stays: a provider of this protocol may know it.
    /// </summary>
    public static void Resolve(Exchange exchange)
    {
        AnswerStore store = exchange.Snapshot.Fleet.Answers;
        if (!exchange.Ingress.Traffic.KeepsAnswers || store.IsEmpty || exchange.Body is not { } body
            || (exchange.Scan.PreviousResponse.IsAbsent && body.Span.IndexOf("item_reference"u8) < 0))
        {
            return;
        }

        using var tape = new JsonTape();
        if (!tape.TryParse(body.Memory))
        {
            return;
        }

        ulong owner = OwnerOf(exchange);
        JsonText previous = tape.Root["previous_response_id"u8].Text;
        byte[]? earlier = previous.IsNullOrEmpty ? null : store.Find(owner, previous.Span);
        var whole = new PooledBuffer(body.Length + (earlier?.Length ?? 0));
        var output = new JsonWriter(whole);
        bool isChanged = earlier is not null;
        output.StartObject();
        foreach (JsonMember member in tape.Root.Members)
        {
            if (member.Name.Is("input"u8))
            {
                output.StartArray("input"u8);
                if (earlier is not null)
                {
                    output.Raw(earlier);
                }

                isChanged |= WriteItems(member.Value, store, owner, output);
                output.EndArray();
            }
            else if (earlier is null || !member.Name.Is("previous_response_id"u8))
            {
                output.Raw(member.Name.Span, member.Value.Raw);
            }
        }

        if (earlier is not null && tape.Root["input"u8].IsMissing)
        {
            output.StartArray("input"u8);
            output.Raw(earlier);
            output.EndArray();
        }

        output.EndObject();
        if (!isChanged || RequestScan.TryScan(whole.Memory, SignatureEnvelope.Marker, out RequestScan scan) != ScanResult.Ok)
        {
            whole.Dispose();
            return;
        }

        body.Dispose();
        exchange.Body = whole;
        exchange.BodyLength = whole.Length;
        exchange.Scan = scan;
    }

    /// <summary>
    /// The input of <paramref name="request"/>, to be kept with its answer; null when nothing of it may be or can be referred to later.
    /// </summary>
    public static byte[]? InputOf(Exchange exchange, ChatRequest request)
    {
        if (exchange is not { Ingress.Traffic.KeepsAnswers: true, Route.Operation: Operation.Chat, Scan.Store: not false }
            || request.Tape.Root["input"u8] is not { IsNull: false } input)
        {
            return null;
        }

        using var items = new PooledBuffer(input.Raw.Raw.Length + 64);
        WriteItems(input, null, 0, new JsonWriter(items));
        return items.Length > AnswerStore.MaxEntry ? null : items.Span.ToArray();
    }

    /// <summary>
    /// Keeps <paramref name="answer"/>, a response object or an event with one in it, for requests that refer to it or to one of its items.
    /// </summary>
    public static void Keep(Exchange exchange, byte[] input, ReadOnlyMemory<byte> answer)
    {
        using var tape = new JsonTape();
        if (!tape.TryParse(answer) || !tape.Root.IsObject)
        {
            return;
        }

        JsonNode root = tape.Root["response"u8] is { IsObject: true } inside ? inside : tape.Root;
        JsonText id = root["id"u8].Text;
        AnswerStore store = exchange.Snapshot.Fleet.Answers;
        ulong owner = OwnerOf(exchange);
        using var all = new PooledBuffer(input.Length + answer.Length);
        all.Write(input);
        foreach (JsonNode item in root["output"u8].Items)
        {
            JsonText name = item["id"u8].Text;
            if (!name.IsNullOrEmpty)
            {
                store.Add(owner, name.Span, item.Raw.Span.ToArray());
            }

            if (all.Length > 0)
            {
                all.Write((byte)',');
            }

            all.Write(item.Raw.Span);
        }

        if (!id.IsNullOrEmpty)
        {
            store.Add(owner, id.Span, all.Span.ToArray());
        }
    }

    // True when a reference was replaced.
    private static bool WriteItems(JsonNode input, AnswerStore? store, ulong owner, JsonWriter output)
    {
        if (input.IsString)
        {
            output.StartObject();
            output.Literal("type"u8, "message"u8);
            output.Literal("role"u8, "user"u8);
            output.Raw("content"u8, input.Raw);
            output.EndObject();
        }

        bool isChanged = false;
        foreach (JsonNode item in input.Items)
        {
            JsonText type = item["type"u8].Text;
            bool isReference = type.Is("item_reference"u8) || (type.IsAbsent && item["role"u8].IsNull && item["id"u8].IsString);
            byte[]? kept = isReference ? store?.Find(owner, item["id"u8].Text.Span) : null;
            isChanged |= kept is not null;
            output.Raw(kept is null ? item.Raw.Span : kept);
        }

        return isChanged;
    }

    // Nobody finds what another key, or another credential where there are no keys, put in.
    private static ulong OwnerOf(Exchange exchange) =>
        Rendezvous.Hash(exchange.Caller.Key is { } key ? "key " + key.Key.Id
            : "credential " + Authenticator.Carried(exchange.RequestHeaders, exchange.RawQuery, exchange.Route.Protocol, out _));
}
