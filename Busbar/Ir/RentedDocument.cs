using Busbar.Wire;
using Busbar.Wire.Json;

namespace Busbar.Ir;

/// <summary>
/// What a request and an answer have in common: the index over the body they are read from, the owner of what is made beside it, and a pool of such
/// objects. Rented with <see cref="Rent"/>, given back by disposing.
/// </summary>
/// <typeparam name="T">Which of the two.</typeparam>
internal abstract class RentedDocument<T> : IDisposable
    where T : RentedDocument<T>, new()
{
    private static readonly IrPool<T> Pool = new();

    /// <summary>Owner of the blocks.</summary>
    public IrArena Arena { get; } = new();

    /// <summary>The index over the body; kept with the document so that both are rented once.</summary>
    public JsonTape Tape { get; } = new();

    /// <summary>A clean one from the pool.</summary>
    public static T Rent() => Pool.Rent();

    /// <summary>Charges what is read from now on to <paramref name="allowance"/>, until the next <see cref="Reset"/>.</summary>
    public void Charge(Allowance allowance) => Tape.Allowance = Arena.Allowance = allowance;

    /// <summary>Forgets everything and returns to the pool. It must not be used afterwards.</summary>
    public void Dispose()
    {
        Reset();
        Pool.Return((T)this);
    }

    /// <summary>Forgets everything, so that another body can be read into the same object.</summary>
    public void Reset()
    {
        Arena.Reset();
        Tape.Clear();
        Tape.Allowance = null;
        Forget();
    }

    /// <summary>Forgets what was read.</summary>
    protected abstract void Forget();
}
