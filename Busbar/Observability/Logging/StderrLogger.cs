using System.Threading.Channels;
using Busbar.Configuration.Model;
using Microsoft.Extensions.Logging;

namespace Busbar.Observability.Logging;

/// <summary>
/// Writes log lines to standard error from a thread of its own, so that no request waits for a slow terminal or disk. The queue is bounded;
/// when it is full the newest lines are dropped and the number of lost ones is logged.
/// </summary>
internal sealed class StderrLogger : ILoggerFactory, IAsyncDisposable
{
    private const int QueueLength = 4096;

    private readonly Channel<string> _lines = Channel.CreateBounded<string>(new BoundedChannelOptions(QueueLength) { SingleReader = true });
    private readonly LogLevel _level;
    private readonly TimeProvider _time;
    private readonly Task _writer;
    private long _dropped;

    /// <summary>Logs what is at least <paramref name="level"/> to <paramref name="output"/>.</summary>
    public StderrLogger(LogLevel level, TextWriter output, TimeProvider time, LogFormat format = LogFormat.Text)
    {
        _level = level;
        LineFormat = format;
        _time = time;
        _writer = Task.Run(() => WriteAsync(output));
    }

    /// <summary>The form of the lines.</summary>
    public LogFormat LineFormat { get; }

    /// <summary>The level named by <c>BUSBAR_LOG</c> or <c>RUST_LOG</c>; information when unset or not understood.</summary>
    public static LogLevel ParseLevel(string? name) => name?.Trim().ToLowerInvariant() switch
    {
        "error" => LogLevel.Error,
        "warn" => LogLevel.Warning,
        "debug" => LogLevel.Debug,
        "trace" => LogLevel.Trace,
        _ => LogLevel.Information,
    };

    /// <summary>The format named by <c>BUSBAR_LOG_FORMAT</c>; what the configuration says when that is unset or not understood.</summary>
    public static LogFormat ParseFormat(string? name, LogFormat configured) => name?.Trim().ToLowerInvariant() switch
    {
        "json" => LogFormat.Json,
        "text" => LogFormat.Text,
        _ => configured,
    };

    /// <inheritdoc/>
    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException("the log has one sink");

    /// <inheritdoc/>
    public ILogger CreateLogger(string categoryName) =>
        categoryName.StartsWith("Microsoft.", StringComparison.Ordinal)
            ? new CategoryLogger(this, categoryName, _level < LogLevel.Error ? LogLevel.Error : _level, isServer: true)
            : new CategoryLogger(this, categoryName, _level, isServer: false);

    /// <summary>Writes what is queued and stops.</summary>
    public async ValueTask DisposeAsync()
    {
        _lines.Writer.TryComplete();
        await _writer.ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public void Dispose() => _lines.Writer.TryComplete();

    private void Enqueue(string line)
    {
        if (!_lines.Writer.TryWrite(line))
        {
            Interlocked.Increment(ref _dropped);
        }
    }

    private string Format(LogLevel level, string category, string message, IReadOnlyList<KeyValuePair<string, object?>>? values, Exception? exception) =>
        LineFormat == LogFormat.Json
            ? LogLine.Json(_time.GetUtcNow(), level, category, message, values, exception)
            : LogLine.Text(_time.GetUtcNow(), level, category, message, exception);

    private async Task WriteAsync(TextWriter output)
    {
        await foreach (string line in _lines.Reader.ReadAllAsync().ConfigureAwait(false))
        {
            output.WriteLine(line);
            if (Interlocked.Exchange(ref _dropped, 0) is > 0 and var lost)
            {
                output.WriteLine(Format(LogLevel.Warning, "busbar", $"{lost} log lines were dropped: the log is written more slowly than it grows", null, null));
            }

            if (!_lines.Reader.TryPeek(out _))
            {
                output.Flush();
            }
        }
    }

    private sealed class CategoryLogger(StderrLogger sink, string category, LogLevel level, bool isServer) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= level && logLevel != LogLevel.None;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            // To the server a client that breaks off is an error. It is none of ours, and anybody could fill the log with them.
            if (IsEnabled(logLevel) && !(isServer && exception is IOException))
            {
                sink.Enqueue(sink.Format(logLevel, category, formatter(state, exception), state as IReadOnlyList<KeyValuePair<string, object?>>, exception));
            }
        }
    }
}
