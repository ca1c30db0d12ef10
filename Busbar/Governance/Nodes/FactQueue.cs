namespace Busbar.Governance.Nodes;

/// <summary>
/// Facts that wait to be told: of several about one thing the last, and beyond <see cref="Capacity"/> none. Safe for concurrent calls.
/// </summary>
internal sealed class FactQueue
{
    /// <summary>Most that wait.</summary>
    public const int Capacity = 50_000;

    private Dictionary<(string Kind, string Id), SharedFact> _facts = [];

    /// <summary>Adds one; what finds no place is not told.</summary>
    public void Add(in SharedFact fact)
    {
        lock (this)
        {
            if (_facts.Count < Capacity || _facts.ContainsKey((fact.Kind, fact.Id)))
            {
                _facts[(fact.Kind, fact.Id)] = fact;
            }
        }
    }

    /// <summary>Takes all of them.</summary>
    public IReadOnlyCollection<SharedFact> Take()
    {
        lock (this)
        {
            Dictionary<(string, string), SharedFact> taken = _facts;
            if (taken.Count > 0)
            {
                _facts = [];
            }

            return taken.Values;
        }
    }

    /// <summary>Puts back what could not be told, where nothing newer waits.</summary>
    public void Return(IReadOnlyCollection<SharedFact> facts)
    {
        lock (this)
        {
            foreach (SharedFact fact in facts)
            {
                if (_facts.Count < Capacity)
                {
                    _facts.TryAdd((fact.Kind, fact.Id), fact);
                }
            }
        }
    }
}
