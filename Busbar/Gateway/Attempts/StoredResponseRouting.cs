using Busbar.Gateway.Admission;
using Busbar.Gateway.Routing;
using Busbar.Ir;
using Busbar.Observability.Metrics;
using Busbar.Protocols;
using Busbar.Protocols.Forms;
using Busbar.Reliability;
using Busbar.Reliability.Selection;
using Busbar.Wire;
using Busbar.Wire.Json;

namespace Busbar.Gateway.Attempts;

/// <summary>
/// Responses requests that go on from what their provider keeps: an earlier answer or a conversation (translation 8.3). No other provider has it, so
/// they go where it came from. It belongs to the virtual key that it was made with: for any other it does not exist.
/// </summary>
internal static class StoredResponseRouting
{
    /// <summary>
    /// Confines <paramref name="pick"/> to the provider that keeps what the request refers to, and has the very lane preferred. Where that is not
    /// known, or no way leads there any more, the request goes where any other would, and hears from the provider it meets.
    /// </summary>
    public static void Direct(Exchange exchange, Metrics metrics, ref PickRequest pick)
    {
        if (!exchange.Ingress.Traffic.KeepsAnswers || (exchange.Scan.PreviousResponse.IsAbsent && exchange.Scan.Conversation.IsAbsent))
        {
            return;
        }

        Fleet fleet = exchange.Snapshot.Fleet;
        if ((Find(exchange, exchange.Scan.PreviousResponse) ?? Find(exchange, exchange.Scan.Conversation)) is not { } home)
        {
            metrics.FollowUps.Get("unknown").Add();
            return;
        }

        string? provider = ProviderOf(fleet, home);
        if (!Reaches(KeyGate.ChainOf(exchange), provider))
        {
            metrics.FollowUps.Get("gone").Add();
            return;
        }

        metrics.FollowUps.Get("directed").Add();
        pick.AffinityLane = home;
        foreach (Lane lane in fleet.Lanes)
        {
            if (lane.Provider.Name != provider)
            {
                pick.Tried.Add(lane.Index);
            }
        }
    }

    /// <summary>Whether the request goes on from something of which this process does not know where it is kept.</summary>
    public static bool IsUnknown(Exchange exchange) =>
        exchange.Ingress.Traffic.KeepsAnswers && !(exchange.Scan.PreviousResponse.IsAbsent && exchange.Scan.Conversation.IsAbsent)
        && (Find(exchange, exchange.Scan.PreviousResponse) ?? Find(exchange, exchange.Scan.Conversation)) is null;

    /// <summary>
    /// What to tell a client that goes on from what was made with another key: what the vendor says of an id that does not exist. Of an id that
    /// nobody is known to own, such as after a restart, the provider decides; whoever goes on from it first owns it then.
    /// </summary>
    public static GatewayError? Objection(Exchange exchange)
    {
        TrafficForm traffic = exchange.Ingress.Traffic;
        if (exchange.Caller.Key is not { } key || !(traffic.KeepsAnswers || traffic.NamesContainers))
        {
            return null;
        }

        string own = key.Key.Id;
        GatewayError? objection = StoredIds.Objection(exchange, own);
        if (objection is not null || !traffic.KeepsAnswers)
        {
            return objection;
        }

        if (OwnedByOther(exchange, exchange.Scan.PreviousResponse, own) is { } response)
        {
            return new GatewayError(
                ErrorKind.InvalidRequest, $"Previous response with id '{response}' not found.", Param: "previous_response_id",
                Code: "previous_response_not_found");
        }

        return OwnedByOther(exchange, exchange.Scan.Conversation, own) is { } conversation
            ? new GatewayError(ErrorKind.NotFound, $"Conversation with id '{conversation}' not found.", Param: "conversation",
                Code: "conversation_not_found")
            : null;
    }

    /// <summary>
    /// Whether the answer to <paramref name="attempt"/> may be referred to later, and another lane could be taken then, or another key refer to it.
    /// </summary>
    public static bool IsKept(Attempt attempt) =>
        attempt.Exchange is { Ingress.Traffic.KeepsAnswers: true, Route.Operation: Operation.Chat, Scan.Store: not false } exchange
        && !attempt.IsTranslated
        && (exchange.Snapshot.Fleet.Lanes.Count > 1 || exchange.Caller.Key is not null);

    /// <summary>Remembers where <paramref name="answer"/> came from: a whole answer, or an event with one in it. False when it names none.</summary>
    public static bool Remember(Attempt attempt, ReadOnlyMemory<byte> answer)
    {
        using var tape = new JsonTape();
        if (!tape.TryParse(answer) || !tape.Root.IsObject)
        {
            return false;
        }

        JsonNode root = tape.Root["response"u8] is { IsObject: true } inside ? inside : tape.Root;
        JsonText id = root["id"u8].Text, conversation = root["conversation"u8]["id"u8].Text;
        if (id.IsNullOrEmpty)
        {
            return false;
        }

        ResponseAffinity affinity = attempt.Exchange.Snapshot.Fleet.ResponseAffinity;
        string? owner = attempt.Exchange.Caller.Key?.Key.Id;
        affinity.Add(StoredIds.Plain(id), attempt.Lease.Lane.Index, owner);
        if (!conversation.IsNullOrEmpty)
        {
            affinity.Add(StoredIds.Plain(conversation), attempt.Lease.Lane.Index, owner);
        }

        if (owner is not null && root["previous_response_id"u8].Text is { IsNullOrEmpty: false } previous
            && affinity.OwnerOf(StoredIds.Plain(previous)) is null)
        {
            affinity.Add(StoredIds.Plain(previous), attempt.Lease.Lane.Index, owner);
        }

        return true;
    }

    private static int? Find(Exchange exchange, ByteRange value)
    {
        using var tape = new JsonTape();
        JsonText id = IdIn(exchange, value, tape);
        return id.IsNullOrEmpty ? null : exchange.Snapshot.Fleet.ResponseAffinity.Find(StoredIds.Plain(id));
    }

    private static string? OwnedByOther(Exchange exchange, ByteRange value, string own)
    {
        using var tape = new JsonTape();
        JsonText id = IdIn(exchange, value, tape);
        return !id.IsNullOrEmpty && exchange.Snapshot.Fleet.ResponseAffinity.OwnerOf(StoredIds.Plain(id)) is { } owner && owner != own
            ? id.ToString() : null;
    }

    // A conversation is named by its id or by an object with it.
    private static JsonText IdIn(Exchange exchange, ByteRange value, JsonTape tape) =>
        value.IsAbsent || !tape.TryParse(value.Of(exchange.Body!.Memory)) ? default : tape.Root.IsObject ? tape.Root["id"u8].Text : tape.Root.Text;

    private static bool Reaches(FallbackChain chain, string? provider)
    {
        foreach (Lane lane in chain.Lanes)
        {
            if (lane.Provider.Name == provider)
            {
                return true;
            }
        }

        return false;
    }

    private static string? ProviderOf(Fleet fleet, int index)
    {
        foreach (Lane lane in fleet.Lanes)
        {
            if (lane.Index == index)
            {
                return lane.Provider.Name;
            }
        }

        return null;
    }
}
