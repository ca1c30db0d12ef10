using Busbar.Gateway.Attempts;
using Busbar.Gateway.OwnAnswers;
using Busbar.Gateway.Routing;
using Busbar.Governance.Budgets;
using Busbar.Governance.Keys;
using Busbar.Ir;
using Busbar.Protocols;
using Busbar.Reliability;

namespace Busbar.Gateway.Admission;

/// <summary>What a virtual key is held to before its request is sent: its access list, then its limits (control plane, 7.3).</summary>
internal static class KeyGate
{
    /// <summary>
    /// Whether the caller may use <paramref name="pool"/>, with all its fallbacks, which it called <paramref name="name"/>. A name that nothing bears is
    /// forbidden like one that is not on the list, or names could be found out.
    /// </summary>
    public static bool Permits(Exchange exchange, Pool? pool, ReadOnlySpan<char> name)
    {
        if (exchange.Caller.Key is not { Key: { AllowedPools.Count: > 0 } key })
        {
            return true;
        }

        if (pool is null)
        {
            return key.Allows(name.ToString());
        }

        if (pool.IsDirect)
        {
            return key.Allows(pool.Name);
        }

        foreach (string reachable in exchange.Snapshot.ReachOf(pool).Pools)
        {
            if (!key.Allows(reachable))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Whether the caller may know of <paramref name="pool"/>.</summary>
    public static bool Shows(in CallerIdentity caller, Pool pool) => caller.Key is not { } entry || entry.Key.Allows(pool.Name);

    /// <summary>Takes what the request may cost from the limits of its key; <see cref="Refusal.None"/> when it may go on.</summary>
    public static Refusal Reserve(Exchange exchange, KeyEntry entry)
    {
        GatewaySnapshot snapshot = exchange.Snapshot;
        PoolReach reach = snapshot.ReachOf(exchange.Pool!);
        VirtualKey key = entry.Key;
        Estimate estimate = key.MaxBudgetCents is null && key.TpmLimit is null ? default : EstimateOf(exchange, reach);
        return snapshot.Governor!.TryReserve(entry, snapshot.Prices!, reach.Models, estimate, exchange.Reservation);
    }

    /// <summary>Answers a request that <see cref="Reserve"/> refused.</summary>
    public static ValueTask RefuseAsync(Exchange exchange, KeyEntry entry, Refusal refusal)
    {
        int seconds = exchange.Snapshot.Governor!.RetryAfterSeconds(entry.Key, refusal);
        exchange.Reason = refusal switch { Refusal.Tokens => "tokens", Refusal.Requests => "requests", Refusal.Concurrency => "concurrency", _ => "budget" };
        entry.Account.CountRefusal();
        var error = new GatewayError(refusal == Refusal.Budget ? ErrorKind.Quota : ErrorKind.RateLimit);
        return ErrorReply.WriteAsync(exchange, error, seconds, mayRetry: refusal != Refusal.Budget);
    }

    private static Estimate EstimateOf(Exchange exchange, PoolReach reach)
    {
        // Counting is free.
        if (exchange.Route.Operation == Operation.CountTokens)
        {
            return default;
        }

        ReadOnlyMemory<byte> body = exchange.Body!.Memory;
        long input = InputEstimate.Of(body.Span);
        if (exchange.Route.Operation != Operation.Chat)
        {
            return new Estimate(input, 0, IsOpenEnded: false);
        }

        OutputLimit limit = OutputLimit.Of(exchange.Route.Protocol, exchange.Scan, body);
        return new Estimate(input, limit.Times(OutputBound.Of(exchange, reach, limit)), IsOpenEnded: limit.Tokens is null);
    }
}
