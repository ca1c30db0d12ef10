using Busbar.Gateway.Attempts;
using Busbar.Gateway.Server;
using Busbar.Protocols;
using Busbar.Wire;
using Busbar.Wire.Json;

namespace Busbar.Gateway.Relay;

/// <summary>
/// Status, headers and keep-alives for a client that waits for a stream while no provider has begun one: what stands between cuts connections that
/// are silent for a minute. They belong to no lane, so failover stays possible behind them; only what would have been an error with a status is one
/// in the stream.
/// </summary>
internal sealed class EarlyAnswer
{
    private const int Idle = 0;
    private const int Armed = 1;
    private const int Writing = 2;

    // Timers and the clock that is compared with them count in different steps.
    private const int TimerSlackMs = 50;

    private int _state;
    private bool _isWanted;
    private Timer? _timer;
    private Exchange? _exchange;
    private TaskCompletionSource? _written;
    private long _intervalMs;
    private long _dueAt;

    /// <summary>Whether the headers have gone to the client.</summary>
    public bool IsOpen { get; private set; }

    /// <summary>Whether it waits, or the headers have gone.</summary>
    public bool IsUsed => IsOpen || Volatile.Read(ref _state) != Idle;

    /// <summary>Begins to wait, before each attempt; the clock of one that is under way goes on.</summary>
    public void Start(Exchange exchange)
    {
        int seconds = exchange.Snapshot.Config.Limits.StreamKeepaliveSecs;
        if (seconds == 0 || !exchange.Streams || exchange.Route.Operation != Operation.Chat || exchange.WantsJsonArray
            || Volatile.Read(ref _state) != Idle)
        {
            return;
        }

        _exchange = exchange;
        _intervalMs = seconds * 1000L;
        _isWanted = false;
        Volatile.Write(ref _dueAt, Environment.TickCount64 + _intervalMs - TimerSlackMs);
        Volatile.Write(ref _state, Armed);
        _timer ??= new Timer(static state => ((EarlyAnswer)state!).OnTick(), this, Timeout.Infinite, Timeout.Infinite);
        _timer.Change(_intervalMs, Timeout.Infinite);
    }

    /// <summary>Ends it; once done, nothing but the caller writes to the client. A second call does nothing.</summary>
    public ValueTask EndAsync()
    {
        if (Interlocked.CompareExchange(ref _state, Idle, Armed) == Armed)
        {
            _timer!.Change(Timeout.Infinite, Timeout.Infinite);
            return default;
        }

        return Volatile.Read(ref _state) == Idle ? default : WaitAsync();
    }

    /// <summary>Forgets the request, which has ended.</summary>
    public void Reset()
    {
        IsOpen = false;
        _exchange = null;
    }

    private async ValueTask WaitAsync()
    {
        Volatile.Write(ref _isWanted, true);

        // It is the client that is waited for now, which must not become the provider's fault.
        _exchange!.Timer.Disarm();
        do
        {
            await Volatile.Read(ref _written)!.Task.ConfigureAwait(false);
        }
        while (Interlocked.CompareExchange(ref _state, Idle, Armed) == Writing);

        _timer!.Change(Timeout.Infinite, Timeout.Infinite);
    }

    private void OnTick()
    {
        if (Volatile.Read(ref _state) != Armed)
        {
            return;
        }

        long early = Volatile.Read(ref _dueAt) - Environment.TickCount64;
        if (early > 0)
        {
            // The tick of an attempt that has ended, come after the next one had begun.
            _timer!.Change(early, Timeout.Infinite);
            return;
        }

        var written = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

        // Before the state says that there is something to wait for.
        Volatile.Write(ref _written, written);
        if (Interlocked.CompareExchange(ref _state, Writing, Armed) == Armed)
        {
            _ = WriteAsync(_exchange!, written);
        }
    }

    private async Task WriteAsync(Exchange exchange, TaskCompletionSource written)
    {
        try
        {
            if (!IsOpen)
            {
                IsOpen = true;
                exchange.Status = 200;
                HeaderPolicy.NameRequest(exchange);
                ResponseRelay.HeadStream(exchange, exchange.StreamContentType);
                exchange.MarkHeaders();
            }

            using var sign = new PooledBuffer(128);
            using (IStreamWriter writer = exchange.Ingress.NewStreamWriter(ContextOf(exchange)))
            {
                writer.WriteKeepAlive(sign);
            }

            exchange.Output.Append(sign.Span);
            await ClientOutput.FlushAsync(exchange).ConfigureAwait(false);
        }
        catch (Exception exception) when (UpstreamErrors.IsFailure(exception))
        {
            // The client is gone, which the attempt learns from its own token.
        }
        finally
        {
            Volatile.Write(ref _dueAt, Environment.TickCount64 + _intervalMs - TimerSlackMs);
            Volatile.Write(ref _state, Armed);
            if (!Volatile.Read(ref _isWanted))
            {
                _timer!.Change(_intervalMs, Timeout.Infinite);
            }

            written.SetResult();
        }
    }

    /// <summary>What a stream writer must know of a request that no lane has answered.</summary>
    public static StreamContext ContextOf(Exchange exchange) => new(
        new ResponseIdentity(exchange.Ingress.NewResponseId(), exchange.Snapshot.Time.GetUtcNow().ToUnixTimeSeconds(),
            JsonText.From(exchange.Pool?.Name ?? "")),
        exchange.WantsStreamUsage,
        exchange.WantsJsonArray,
        () => (long)exchange.Elapsed.TotalMilliseconds);
}
