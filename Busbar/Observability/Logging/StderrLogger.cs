using Busbar.Configuration.Model;
using Busbar.Observability.Metrics;
using Microsoft.Extensions.Logging;

namespace Busbar.Observability.Logging;

/// <summary>Writes log lines to standard error, by way of a <see cref="LogQueue"/>, so that no request waits for a slow terminal or disk.</summary>
internal sealed class StderrLogger : ILoggerFactory, IAsyncDisposable
{
    private static readonly TimeSpan RetryPause = TimeSpan.FromMilliseconds(250);

    private readonly LogQueue _queue;
    private readonly LogLevel _level;
    private readonly TimeProvider _time;

    /// <summary>Logs what is at least <paramref name="level"/> to <paramref name="output"/>.</summary>
    public StderrLogger(LogLevel level, TextWriter output, TimeProvider time, LogFormat format = LogFormat.Text)
    {
        _level = level;
        LineFormat = format;
        _time = time;
        _queue = new LogQueue(output, LossLine, RetryPause);
        TextWriter lines = new QueuedLines(_queue);
        Notices = format == LogFormat.Json ? new JsonLines(lines, time) : lines;
    }

    /// <summary>The form of the lines.</summary>
    public LogFormat LineFormat { get; }

    /// <summary>Lines that were lost since the start.</summary>
    public Counter Dropped => _queue.Dropped;

    /// <summary>Takes what a start or a reload says about its configuration, as lines among the others; never waits either.</summary>
    public TextWriter Notices { get; }

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

    /// <summary>Writes what is queued, as long as that is possible, and stops.</summary>
    public ValueTask DisposeAsync() => _queue.DisposeAsync();

    /// <inheritdoc/>
    public void Dispose()
    {
        // What is queued is written by DisposeAsync; the server that disposes its loggers does not own this one.
    }

    private string LossLine(long lost) =>
        Format(LogLevel.Warning, "busbar", $"{lost} log lines were dropped: the log could not be written as fast as it grew", null, null);

    private string Format(LogLevel level, string category, string message, IReadOnlyList<KeyValuePair<string, object?>>? values,
        Exception? exception) =>
        LineFormat == LogFormat.Json
            ? LogLine.Json(_time.GetUtcNow(), level, category, message, values, exception)
            : LogLine.Text(_time.GetUtcNow(), level, category, message, exception);

    // Kestrel's word for a connection that was collected: of one whose client broke off, and nothing anybody could act on.
    private const int NeverCompleted = 23;

    private sealed class CategoryLogger(StderrLogger sink, string category, LogLevel level, bool isServer) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= level && logLevel != LogLevel.None;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            // To the server a client that breaks off is an error. It is none of ours, and anybody could fill the log with them.
            if (IsEnabled(logLevel) && !(isServer && (exception is IOException or OperationCanceledException || eventId.Id == NeverCompleted)))
            {
                sink._queue.Add(sink.Format(logLevel, category, formatter(state, exception), state as IReadOnlyList<KeyValuePair<string, object?>>,
                    exception));
            }
        }
    }
}
