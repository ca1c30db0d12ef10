using Busbar.Gateway.Admission;

namespace Busbar.Gateway.Work;

/// <summary>The turn of one request at the <see cref="WorkGate"/>. Kept with its exchange; nothing is waited for while it is held.</summary>
internal sealed class WorkTurn
{
    private WorkGate? _gate;
    private bool _isHeld;

    /// <summary>Serves a request from now on; null where everything is done at once.</summary>
    public void Begin(WorkGate? gate) => _gate = gate;

    /// <summary>
    /// Waits for the turn of <paramref name="exchange"/>, if <paramref name="bytes"/> are many and it has none yet. Throws what the gate throws.
    /// </summary>
    public ValueTask TakeAsync(Exchange exchange, long bytes) => bytes < WorkGate.LargeBytes || _isHeld || _gate is null ? default
        : EnterAsync(exchange);

    /// <summary>Ends the turn. Does nothing where there is none.</summary>
    public void End()
    {
        if (_isHeld)
        {
            _isHeld = false;
            _gate!.Leave();
        }
    }

    private async ValueTask EnterAsync(Exchange exchange)
    {
        // Who only claims to be somebody takes no turn of his.
        ulong caller = CallerShare.Of(exchange);
        await _gate!.EnterAsync(exchange.Caller.Signed is { IsProven: false } ? ~caller : caller, exchange.ClientGone).ConfigureAwait(false);
        _isHeld = true;
    }
}
