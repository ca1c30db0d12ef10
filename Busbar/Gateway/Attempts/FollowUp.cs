using Busbar.Gateway.Routing;
using Busbar.Ir;
using Busbar.Observability.Metrics;
using Busbar.Protocols;
using Busbar.Reliability;
using Busbar.Reliability.Selection;
using Busbar.Wire;

namespace Busbar.Gateway.Attempts;

/// <summary>
/// Responses requests that go on from what their provider keeps: an earlier answer or a conversation (translation 8.3). No other provider has it, so they go
/// where it came from.
/// </summary>
internal static class FollowUp
{
    /// <summary>
    /// Confines <paramref name="pick"/> to the provider that keeps what the request refers to, and has the very lane preferred. Where that is not known, or no way
    /// leads there any more, the request goes where any other would, and hears from the provider it meets.
    /// </summary>
    public static void Direct(Exchange exchange, Metrics metrics, ref PickRequest pick)
    {
        if (exchange.Route.Protocol != ProtocolId.Responses || (exchange.Scan.PreviousResponse.IsAbsent && exchange.Scan.Conversation.IsAbsent))
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
        if (!Reaches(exchange.Snapshot.ReachOf(exchange.Pool!), provider))
        {
            metrics.FollowUps.Get("gone").Add();
            return;
        }

        metrics.FollowUps.Get("directed").Add();
        pick.HomeLane = home;
        foreach (Lane lane in fleet.Lanes)
        {
            if (lane.Provider.Name != provider)
            {
                pick.Tried.Add(lane.Index);
            }
        }
    }

    /// <summary>Whether the answer to <paramref name="attempt"/> may be referred to later, and another lane could be taken then.</summary>
    public static bool IsKept(Attempt attempt) =>
        attempt.Exchange is { Route: { Protocol: ProtocolId.Responses, Operation: Operation.Chat }, Scan.Store: not false } exchange
        && !attempt.IsTranslated
        && exchange.Snapshot.Fleet.Lanes.Count > 1;

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

        AnswerHomes homes = attempt.Exchange.Snapshot.Fleet.Homes;
        homes.Add(id.Span, attempt.Lease.Lane.Index);
        if (!conversation.IsNullOrEmpty)
        {
            homes.Add(conversation.Span, attempt.Lease.Lane.Index);
        }

        return true;
    }

    // A conversation is named by its id or by an object with it.
    private static int? Find(Exchange exchange, ByteRange value)
    {
        using var tape = new JsonTape();
        if (value.IsAbsent || !tape.TryParse(value.Of(exchange.Body!.Memory)))
        {
            return null;
        }

        JsonText id = tape.Root.IsObject ? tape.Root["id"u8].Text : tape.Root.Text;
        return id.IsNullOrEmpty ? null : exchange.Snapshot.Fleet.Homes.Find(id.Span);
    }

    private static bool Reaches(PoolReach reach, string? provider)
    {
        foreach (Lane lane in reach.Lanes)
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
