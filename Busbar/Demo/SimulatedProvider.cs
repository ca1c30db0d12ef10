using Busbar.Ir;

namespace Busbar.Demo;

/// <summary>One provider that exists only inside this process: what it is called, which protocol it speaks and how it misbehaves.</summary>
/// <param name="name">What tells it from the others.</param>
/// <param name="protocol">The protocol it speaks.</param>
/// <param name="refusesEvery">It answers every call of this number with a 429; 0 for none.</param>
/// <param name="cutsEvery">It breaks off every stream of this number; 0 for none.</param>
internal sealed class SimulatedProvider(string name, ProtocolId protocol, int refusesEvery = 0, int cutsEvery = 0)
{
    private int _calls;
    private int _streams;
    private int _refusals;
    private int _cuts;

    /// <summary>Its name in the configuration, and the first segment of its paths.</summary>
    public string Name { get; } = $"simulated-{name}";

    /// <summary>Its only model, by which clients address it.</summary>
    public string Model { get; } = $"demo-{name}";

    /// <summary>The protocol it speaks.</summary>
    public ProtocolId Protocol => protocol;

    /// <summary>Whether it refuses calls now and then.</summary>
    public bool IsFlaky => refusesEvery > 0;

    /// <summary>Whether it breaks off streams now and then.</summary>
    public bool IsBreaking => cutsEvery > 0;

    /// <summary>Calls answered with a 429 so far.</summary>
    public int Refusals => Volatile.Read(ref _refusals);

    /// <summary>Streams broken off so far.</summary>
    public int Cuts => Volatile.Read(ref _cuts);

    /// <summary>Counts a call; true when it is one to refuse.</summary>
    public bool RefusesNext() => IsTurn(refusesEvery, ref _calls, ref _refusals);

    /// <summary>Counts a stream; true when it is one to break off.</summary>
    public bool CutsNext() => IsTurn(cutsEvery, ref _streams, ref _cuts);

    private static bool IsTurn(int every, ref int count, ref int hits)
    {
        if (every == 0 || Interlocked.Increment(ref count) % every != 0)
        {
            return false;
        }

        Interlocked.Increment(ref hits);
        return true;
    }
}
