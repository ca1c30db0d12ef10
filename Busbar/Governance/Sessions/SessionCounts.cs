using Busbar.Governance.Budgets;
using Busbar.Governance.Groups;
using Busbar.Ir;

namespace Busbar.Governance.Sessions;

/// <summary>What one session has used and holds. A request takes from all limits of sessions, or from none.</summary>
internal sealed class SessionCounts
{
    private long _requests;
    private Meter _money;
    private Meter _tokens;

    /// <summary>The limits in force.</summary>
    public IReadOnlyList<Limit> Limits { get; set; } = [];

    /// <summary>
    /// Takes a request that may use <paramref name="estimate"/>, or says which limit forbids it. <paramref name="hold"/> goes back through
    /// <see cref="Settle"/>, once.
    /// </summary>
    public Refusal TryReserve(in Estimate estimate, out SessionHold hold, out Limit? refusedBy)
    {
        lock (this)
        {
            hold = default;
            refusedBy = null;
            long tokens = Usage.Add(estimate.InputTokens, estimate.OutputTokens);
            (long money, long heldTokens) = (0, 0);
            foreach (Limit limit in Limits)
            {
                Refusal refusal = limit.Kind switch
                {
                    LimitKind.Requests => _requests >= limit.Cap ? Refusal.Requests : Refusal.None,
                    LimitKind.Tokens => _tokens.Judge(limit.Cap, tokens, estimate.InputTokens, estimate.IsOpenEnded, out heldTokens) == Room.Enough
                        ? Refusal.None : Refusal.Tokens,
                    _ => _money.Judge(limit.Cap, estimate.Ceiling, estimate.Floor, estimate.IsOpenEnded, out money) switch
                    {
                        Room.Enough => Refusal.None,
                        Room.Held => Refusal.BudgetHeld,
                        _ => Refusal.Budget,
                    },
                };
                if (refusal != Refusal.None)
                {
                    refusedBy = limit;
                    return refusal;
                }
            }

            _requests++;
            _money.Held += money;
            _tokens.Held += heldTokens;
            hold = new SessionHold(this, money, heldTokens, estimate.Ceiling, tokens);
            return Refusal.None;
        }
    }

    /// <summary>
    /// Gives <paramref name="hold"/> back and counts what was used instead; as a request too, unless another limit refused it and
    /// <paramref name="isAdmitted"/> is false.
    /// </summary>
    public void Settle(in SessionHold hold, long nanos, long tokens, bool isAdmitted = true)
    {
        lock (this)
        {
            _money.Settle(hold.Nanos, hold.Bound, nanos);
            _tokens.Settle(hold.Tokens, hold.TokenBound, tokens);
            _requests -= isAdmitted ? 0 : 1;
        }
    }
}
