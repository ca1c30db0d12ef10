using Busbar.Gateway.Attempts;
using Busbar.Gateway.Server;
using Busbar.Wire;
using Busbar.Wire.Json;

namespace Busbar.Gateway.Relay;

/// <summary>
/// Keep-alives in a stream whose provider is silent, so that nothing between here and the client takes the connection for dead. One timer for a
/// stream, none for an event: the pump allows keep-alives while it waits for the provider, and suspends them before it writes.
/// </summary>
internal sealed class KeepAlive
{
    private const int Busy = 0;
    private const int Allowed = 1;
    private const int Writing = 2;

    private int _state;
    private Timer? _timer;
    private Exchange? _exchange;
    private IRelayedStream? _body;
    private TaskCompletionSource? _written;
    private long _intervalMs;
    private long _wroteAt;

    /// <summary>Begins for a stream that has just been committed; an interval of zero means never.</summary>
    public void Start(Exchange exchange, IRelayedStream body, TimeSpan interval)
    {
        if (interval <= TimeSpan.Zero)
        {
            return;
        }

        _exchange = exchange;
        _body = body;
        _intervalMs = (long)interval.TotalMilliseconds;
        Wrote();
        _timer ??= new Timer(static state => ((KeepAlive)state!).OnTick(), this, Timeout.Infinite, Timeout.Infinite);
        _timer.Change(_intervalMs, Timeout.Infinite);
    }

    /// <summary>Something was written to the client.</summary>
    public void Wrote() => Volatile.Write(ref _wroteAt, Environment.TickCount64);

    /// <summary>The pump waits for the provider: the client's pipe ends with a whole frame and may be written to.</summary>
    public void Allow()
    {
        if (_exchange is not null)
        {
            Volatile.Write(ref _state, Allowed);
        }
    }

    /// <summary>The pump needs the pipe again; done once a keep-alive that is under way has been written.</summary>
    public ValueTask SuspendAsync() =>
        _exchange is null || Interlocked.CompareExchange(ref _state, Busy, Allowed) != Writing ? default : WaitAsync();

    /// <summary>Ends with the stream.</summary>
    public void Stop()
    {
        if (_exchange is not null)
        {
            Interlocked.CompareExchange(ref _state, Busy, Allowed);
            _exchange = null;
            _body = null;
            _timer!.Change(Timeout.Infinite, Timeout.Infinite);
        }
    }

    private async ValueTask WaitAsync()
    {
        // It is the client that is waited for now.
        _exchange!.Timer.Disarm();
        do
        {
            await Volatile.Read(ref _written)!.Task.ConfigureAwait(false);
        }
        while (Interlocked.CompareExchange(ref _state, Busy, Allowed) == Writing);
    }

    private void OnTick()
    {
        long silence = Environment.TickCount64 - Volatile.Read(ref _wroteAt);
        if (silence >= _intervalMs && Volatile.Read(ref _state) == Allowed)
        {
            var written = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            Volatile.Write(ref _written, written);
            if (Interlocked.CompareExchange(ref _state, Writing, Allowed) == Allowed)
            {
                _ = WriteAsync(written);
                return;
            }
        }

        Rearm(silence < _intervalMs ? _intervalMs - silence : _intervalMs);
    }

    private async Task WriteAsync(TaskCompletionSource written)
    {
        try
        {
            Exchange exchange = _exchange!;
            using var sign = new PooledBuffer(64);
            _body!.WriteKeepAlive(sign);
            if (sign.Length > 0)
            {
                exchange.Output.Append(sign.Span);
                await ClientOutput.FlushAsync(exchange).ConfigureAwait(false);
            }

            Wrote();
            Rearm(_intervalMs);
        }
        catch (Exception exception) when (UpstreamErrors.IsFailure(exception))
        {
            // The client is gone, which the pump learns from its own token.
        }
        finally
        {
            Volatile.Write(ref _state, Allowed);
            written.SetResult();
        }
    }

    private void Rearm(long milliseconds)
    {
        if (_exchange is not null)
        {
            _timer!.Change(milliseconds, Timeout.Infinite);
        }
    }
}
