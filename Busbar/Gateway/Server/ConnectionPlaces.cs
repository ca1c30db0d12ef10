using Microsoft.AspNetCore.Connections;

namespace Busbar.Gateway.Server;

/// <summary>The connections of clients that may be open at once, over all listeners.</summary>
/// <param name="max">Their number.</param>
internal sealed class ConnectionPlaces(int max)
{
    private readonly SemaphoreSlim _free = new(max, max);

    /// <summary>Their number.</summary>
    public int Max => max;

    /// <summary>Takes a place if one is free.</summary>
    public bool TryTake() => _free.Wait(0);

    /// <summary>Waits for a place.</summary>
    public Task TakeAsync(CancellationToken cancellation) => _free.WaitAsync(cancellation);

    /// <summary>Gives a place back.</summary>
    public void Release() => _free.Release();

    /// <summary>Gives the place of a connection back when it has ended.</summary>
    public ConnectionDelegate Middleware(ConnectionDelegate next) => async connection =>
    {
        using var place = new Place(this);
        await next(connection).ConfigureAwait(false);
    };

    // The server loses sight of a connection now and then, when streams of HTTP/2 are reset by the thousand: it is collected and never ends. The
    // finalizer gives back what it held.
    private sealed class Place(ConnectionPlaces owner) : IDisposable
    {
        ~Place() => owner.Release();

        public void Dispose()
        {
            GC.SuppressFinalize(this);
            owner.Release();
        }
    }
}
