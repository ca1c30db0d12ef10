using Busbar.Observability.Metrics;

namespace Busbar.Observability.Logging;

/// <summary>
/// Lines on their way to where the log is written, with a thread of their own that writes them. Whoever adds a line never waits for that: while a
/// disk is full, or nobody reads the other end of a pipe, the newest lines are dropped and counted, and one line says how many once writing works
/// again.
/// </summary>
internal sealed class LogQueue : IAsyncDisposable
{
    /// <summary>Lines that may wait.</summary>
    public const int MaxWaiting = 4096;

    // An end waits for a slow reader, not for one that has stopped.
    private static readonly TimeSpan EndWait = TimeSpan.FromSeconds(2);

    private readonly Queue<string> _waiting = new();
    private readonly TextWriter _output;
    private readonly Func<long, string> _lossLine;
    private readonly TimeSpan _retryPause;
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _unreported;
    private long _lossReportedAt;
    private long _written;
    private bool _isClosed;
    private volatile bool _isAbandoned;

    /// <summary>Writes to <paramref name="output"/> until disposed.</summary>
    /// <param name="output">Where lines go.</param>
    /// <param name="lossLine">The line that says how many were lost.</param>
    /// <param name="retryPause">Time between two tries to write a line.</param>
    public LogQueue(TextWriter output, Func<long, string> lossLine, TimeSpan retryPause)
    {
        _output = output;
        _lossLine = lossLine;
        _retryPause = retryPause;
        new Thread(Run) { IsBackground = true, Name = "log" }.Start();
    }

    /// <summary>Lines that were lost.</summary>
    public Counter Dropped { get; } = new();

    /// <summary>Adds a line of at least one character, or drops and counts it. Never waits.</summary>
    public void Add(string line)
    {
        lock (_waiting)
        {
            if (_waiting.Count < MaxWaiting && !_isClosed)
            {
                _waiting.Enqueue(line);
                Monitor.Pulse(_waiting);
                return;
            }

            _unreported++;
        }

        Dropped.Add();
    }

    /// <summary>Writes what waits, as long as lines go out, and ends. Where none goes out for 2 s, the rest is lost.</summary>
    public async ValueTask DisposeAsync()
    {
        lock (_waiting)
        {
            _isClosed = true;
            Monitor.Pulse(_waiting);
        }

        for (long seen = -1; !_ended.Task.IsCompleted && Volatile.Read(ref _written) != seen;)
        {
            seen = Volatile.Read(ref _written);
            await Task.WhenAny(_ended.Task, Task.Delay(EndWait)).ConfigureAwait(false);
        }

        _isAbandoned = true;
    }

    private void Run()
    {
        while (Take() is { } line)
        {
            while (!TryWrite(line))
            {
                if (_isAbandoned)
                {
                    return;
                }

                // A part of it may stand there already: the next try begins on a line of its own.
                line = line[0] == '\n' ? line : "\n" + line;
                Thread.Sleep(_retryPause);
            }

            Volatile.Write(ref _written, _written + 1);
        }

        _ended.TrySetResult();
    }

    // The next line; null at the end. Losses are told of when everything that was kept has been written, or as much as fits again.
    private string? Take()
    {
        lock (_waiting)
        {
            while (true)
            {
                if (_unreported > 0 && (_waiting.Count == 0 || _written - _lossReportedAt > MaxWaiting))
                {
                    long lost = _unreported;
                    (_unreported, _lossReportedAt) = (0, _written);
                    return _lossLine(lost);
                }

                if (_waiting.TryDequeue(out string? line))
                {
                    return line;
                }

                if (_isClosed)
                {
                    return null;
                }

                Monitor.Wait(_waiting);
            }
        }
    }

    private bool TryWrite(string line)
    {
        try
        {
            _output.WriteLine(line);
            _output.Flush();
            return true;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
