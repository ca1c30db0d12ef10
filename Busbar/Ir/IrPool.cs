namespace Busbar.Ir;

/// <summary>A small bounded store of idle objects. Lock-free; when it is full or empty it lets the garbage collector work.</summary>
internal sealed class IrPool<T>
    where T : class, new()
{
    private readonly T?[] _idle = new T?[64];

    /// <summary>An idle object, or a new one.</summary>
    public T Rent()
    {
        for (int index = 0; index < _idle.Length; index++)
        {
            if (_idle[index] is not null && Interlocked.Exchange(ref _idle[index], null) is { } found)
            {
                return found;
            }
        }

        return new T();
    }

    /// <summary>Gives an object back. It must hold no reference to a request any more.</summary>
    public void Return(T item)
    {
        for (int index = 0; index < _idle.Length; index++)
        {
            if (_idle[index] is null && Interlocked.CompareExchange(ref _idle[index], item, null) is null)
            {
                return;
            }
        }
    }
}
