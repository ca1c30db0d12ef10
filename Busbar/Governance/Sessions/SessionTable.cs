using Busbar.Governance.Groups;
using Busbar.Governance.Keys;

namespace Busbar.Governance.Sessions;

/// <summary>
/// What sessions of keys with limits for them have used. Memory is bounded: of many sessions those that were not used for longest are forgotten, and
/// start over if they come again. Counts live in this process alone and end with it.
/// </summary>
internal sealed class SessionTable
{
    /// <summary>Most sessions that are remembered.</summary>
    public const int Capacity = 65_536;

    private const int Stripes = 64;

    private readonly Stripe[] _stripes = [.. Enumerable.Range(0, Stripes).Select(_ => new Stripe())];

    /// <summary>
    /// The counts of <paramref name="session"/> of the key <paramref name="keyId"/> under <paramref name="limits"/>, from now on the one used last.
    /// </summary>
    public SessionCounts Of(string keyId, string session, IReadOnlyList<Limit> limits)
    {
        (string Key, KeyDigest Session) place = (keyId, KeyDigest.Of(session));
        Stripe stripe = _stripes[(uint)place.GetHashCode() % Stripes];
        lock (stripe)
        {
            if (stripe.Places.TryGetValue(place, out LinkedListNode<Session>? node))
            {
                stripe.Order.Remove(node);
            }
            else
            {
                node = new(new Session(place, new SessionCounts()));
                stripe.Places.Add(place, node);
                if (stripe.Places.Count > Capacity / Stripes)
                {
                    stripe.Places.Remove(stripe.Order.First!.Value.Place);
                    stripe.Order.RemoveFirst();
                }
            }

            stripe.Order.AddLast(node);
            node.Value.Counts.Limits = limits;
            return node.Value.Counts;
        }
    }

    private sealed class Stripe
    {
        public readonly Dictionary<(string Key, KeyDigest Session), LinkedListNode<Session>> Places = [];
        public readonly LinkedList<Session> Order = [];
    }

    private readonly record struct Session((string Key, KeyDigest Session) Place, SessionCounts Counts);
}
