using Busbar.Gateway.Attempts;
using Busbar.Gateway.OwnAnswers;
using Busbar.Gateway.Routing;
using Busbar.Governance.Budgets;
using Busbar.Governance.Groups;
using Busbar.Governance.Keys;
using Busbar.Ir;
using Busbar.Protocols;
using Busbar.Reliability;
using Busbar.Reliability.Selection;

namespace Busbar.Gateway.Admission;

/// <summary>What a virtual key is held to before its request is sent: its access list, then its limits (control plane, 7.3).</summary>
internal static class KeyGate
{
    /// <summary>
    /// Whether the caller may use <paramref name="pool"/>, which it called <paramref name="name"/>. A name that nothing bears is forbidden like one
    /// that is not on the list, or names could be found out.
    /// </summary>
    public static bool Permits(Exchange exchange, Pool? pool, ReadOnlySpan<char> name) =>
        exchange.Caller.Key is not { Key: { AllowedPools.Count: > 0 } key } || key.Allows(pool?.Name ?? name.ToString());

    /// <summary>The pools that the request may go through: a fallback that its key may not use is passed over for the next one.</summary>
    public static FallbackChain ChainOf(Exchange exchange)
    {
        CallerIdentity caller = exchange.Caller;
        FallbackChain chain = exchange.Snapshot.ChainOf(exchange.Pool!);
        if (chain.Pools.Length > 1 && caller.Key is { Key: { AllowedPools.Count: > 0 } key })
        {
            foreach (string name in chain.Pools)
            {
                if (!key.Allows(name))
                {
                    return new FallbackChain(exchange.Pool!, exchange.Snapshot.Fleet, pool => Shows(caller, pool));
                }
            }
        }

        return chain;
    }

    /// <summary>Whether the caller may know of <paramref name="pool"/>.</summary>
    public static bool Shows(in CallerIdentity caller, Pool pool) => caller.Key is not { } entry || entry.Key.Allows(pool.Name);

    // From pool to pool, each of which may have a limit that sends on; a ring ends here.
    private const int MaxDowngrades = 4;

    private const int MaxBorrowings = 5;

    /// <summary>
    /// Takes what the request may cost from the limits of its key and of the groups above; <see cref="Refusal.None"/> when it may go on, in another
    /// pool where a limit without room says so.
    /// </summary>
    public static Refusal Reserve(Exchange exchange, KeyEntry entry)
    {
        Refusal refusal = TryReserve(exchange, entry);
        for (int downgrades = 0; refusal is not (Refusal.None or Refusal.Lease) && downgrades < MaxDowngrades
            && TryDowngrade(exchange, entry); downgrades++)
        {
            refusal = TryReserve(exchange, entry);
        }

        return refusal;
    }

    /// <summary>
    /// The same for a request that <see cref="Reserve"/> cannot judge before this node has borrowed from a limit. It waits for the database a few
    /// times at most, and each time not for long; it throws <see cref="OperationCanceledException"/> when the client goes.
    /// </summary>
    public static async ValueTask<Refusal> ReserveBorrowedAsync(Exchange exchange, KeyEntry entry)
    {
        Governor governor = exchange.Snapshot.Governor!;
        for (int tries = 0; tries < MaxBorrowings; tries++)
        {
            await governor.BorrowAsync(exchange.Reservation, exchange.ClientGone).ConfigureAwait(false);
            Refusal refusal = Reserve(exchange, entry);
            if (refusal != Refusal.Lease)
            {
                return refusal;
            }
        }

        return governor.OutrunBy(exchange.Reservation);
    }

    // The pool of the limit that has no room, where the key may use it and the request may go there.
    private static bool TryDowngrade(Exchange exchange, KeyEntry entry)
    {
        LimitCounter? limit = exchange.Reservation.RefusedBy;
        Pool asked = exchange.Pool!;
        if (limit?.Limit.Downgrade is not { } name || exchange.Snapshot.Fleet.Resolve(name) is not { } cheaper || ReferenceEquals(cheaper, asked)
            || !entry.Key.Allows(cheaper.Name))
        {
            return false;
        }

        exchange.Pool = cheaper;
        if (RoutingMembers.Objection(exchange) is not null || StoredResponseRouting.Objection(exchange) is not null)
        {
            exchange.Pool = asked;
            return false;
        }

        exchange.DowngradedFrom ??= asked.Name;
        exchange.Reservation.Asked = exchange.DowngradedFrom;
        exchange.DowngradedBy = limit.Name;
        exchange.Reservation.RefusedBy = null;
        return true;
    }

    private static Refusal TryReserve(Exchange exchange, KeyEntry entry)
    {
        GatewaySnapshot snapshot = exchange.Snapshot;
        FallbackChain chain = ChainOf(exchange);
        Estimate estimate = entry.NeedsEstimate ? EstimateOf(exchange, chain) : default;
        return snapshot.Governor!.TryReserve(entry, snapshot.Prices!, chain.Models, estimate, exchange.Reservation, exchange.Pool!.Name);
    }

    /// <summary>Answers a request that <see cref="Reserve"/> refused.</summary>
    public static ValueTask RefuseAsync(Exchange exchange, KeyEntry entry, Refusal refusal)
    {
        if (exchange.Reservation.RefusedBySession is { } ofSession)
        {
            return RefuseSessionAsync(exchange, entry, ofSession, refusal);
        }

        LimitCounter? limit = exchange.Reservation.RefusedBy;
        Governor governor = exchange.Snapshot.Governor!;
        int seconds = limit is null ? governor.RetryAfterSeconds(entry.Key, refusal) : governor.RetryAfterSeconds(limit, refusal);
        exchange.Reason = refusal switch { Refusal.Tokens => "tokens", Refusal.Requests => "requests", Refusal.Concurrency => "concurrency",
            _ => "budget" };
        entry.Account.CountRefusal();
        if (refusal == Refusal.Away)
        {
            exchange.Reason = "store";
            return ErrorReply.WriteAsync(exchange, new GatewayError(ErrorKind.Unavailable), seconds);
        }

        bool isBudget = refusal == Refusal.Budget;
        bool isSpent = isBudget && (limit is null ? governor.IsSpent(entry) : governor.IsSpent(limit));
        return ErrorReply.WriteAsync(exchange, new GatewayError(
            isBudget ? ErrorKind.Quota : ErrorKind.RateLimit, Words(refusal, isSpent, limit?.Limit.Period ?? LimitPeriod.Minute)), seconds,
            mayRetry: !isBudget);
    }

    // Waiting helps against none of them, but for what others of the session hold.
    private static ValueTask RefuseSessionAsync(Exchange exchange, KeyEntry entry, Limit limit, Refusal refusal)
    {
        exchange.Reason = "session";
        entry.Account.CountRefusal();
        string words = refusal switch
        {
            Refusal.BudgetHeld => "What is left of the budget of this session is reserved by requests in progress. Please try again shortly.",
            Refusal.Budget => "The budget of this session is used up, or does not cover this request. Please start a new session.",
            Refusal.Tokens => "This session has reached its limit of tokens. Please start a new session.",
            _ => "This session has reached its limit of requests. Please start a new session.",
        };
        bool isHeld = refusal == Refusal.BudgetHeld;
        return ErrorReply.WriteAsync(exchange, new GatewayError(
            limit.Kind == LimitKind.Budget && !isHeld ? ErrorKind.Quota : ErrorKind.RateLimit, words), isHeld ? 1 : 0, mayRetry: isHeld);
    }

    // Whose budget and whose limits they are must not be mistaken for the vendor's own billing.
    private static string Words(Refusal refusal, bool isSpent, LimitPeriod period) => refusal switch
    {
        Refusal.Budget when isSpent => "The budget of this API key is used up for this period.",
        Refusal.Budget => "What is left of the budget of this API key does not cover this request. A lower limit on the output may fit.",
        Refusal.BudgetHeld => "What is left of the budget of this API key is reserved by requests in progress. Please try again shortly.",
        Refusal.Tokens => $"This API key has reached its limit of tokens {Per(period)}. Please try again later.",
        Refusal.Requests => $"This API key has reached its limit of requests {Per(period)}. Please try again later.",
        _ => "This API key has reached its limit of requests at the same time. Please try again shortly.",
    };

    private static string Per(LimitPeriod period) => period switch
    {
        LimitPeriod.Minute => "per minute",
        LimitPeriod.Hour => "per hour",
        LimitPeriod.Day => "per day",
        LimitPeriod.Week => "per week",
        LimitPeriod.Month => "per month",
        _ => "for this period",
    };

    private static Estimate EstimateOf(Exchange exchange, FallbackChain chain)
    {
        // Counting is free.
        if (exchange.Route.Operation == Operation.CountTokens)
        {
            return default;
        }

        ReadOnlySpan<byte> body = exchange.Body!.Span;
        long input = InputEstimate.Of(body);
        if (exchange.Route.Operation is not (Operation.Chat or Operation.Invoke))
        {
            return new Estimate(input, 0, IsOpenEnded: false);
        }

        var limit = OutputLimit.Of(exchange.Ingress.Id, body);
        long output = limit.Times(OutputBound.Of(exchange, chain, limit, out bool isGuess));
        return new Estimate(input, output, IsOpenEnded: isGuess);
    }
}
