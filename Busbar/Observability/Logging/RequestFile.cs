using System.Buffers;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Threading.Channels;
using Busbar.Configuration.Model;
using Busbar.Observability.Metrics;
using Microsoft.Extensions.Logging;
using Microsoft.Win32.SafeHandles;

namespace Busbar.Observability.Logging;

/// <summary>
/// Writes a line of JSON for each request that ended to a file or to standard output, from a thread of its own. The queue is bounded; while the file
/// cannot be written, the newest lines are dropped and counted. Whole lines are appended at once, so that two processes may write to one file.
/// </summary>
internal sealed partial class RequestFile : IAsyncDisposable
{
    /// <summary>Records that may wait.</summary>
    public const int QueueLength = 8192;

    private const int BatchLength = 100;

    // fcntl(2): F_SETFL and O_APPEND of Linux.
    private const int SetFlags = 4;
    private const int Append = 0x400;

    private static readonly TimeSpan RetryPause = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan RepeatInterval = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan EndWait = TimeSpan.FromSeconds(5);

    private readonly Channel<IWebhookRecord> _queue = Channel.CreateBounded<IWebhookRecord>(
        new BoundedChannelOptions(QueueLength) { SingleReader = true });
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly string _path;
    private readonly Counter _written;
    private readonly Counter _dropped;
    private readonly ILogger _log;
    private readonly TimeProvider _time;
    private Stream? _stream;
    private bool _isTorn;
    private volatile bool _isStale;
    private volatile bool _isAbandoned;
    private long? _complainedAt;

    /// <summary>Writes to <paramref name="path"/> until disposed; opens nothing before the first line.</summary>
    public RequestFile(string path, Counter written, Counter dropped, ILogger log, TimeProvider time)
    {
        (_path, _written, _dropped, _log, _time) = (path, written, dropped, log, time);
        new Thread(Run) { IsBackground = true, Name = "request log" }.Start();
    }

    /// <summary>Takes a record, or drops and counts it. Never waits.</summary>
    public void Post(IWebhookRecord record)
    {
        if (!_queue.Writer.TryWrite(record))
        {
            _dropped.Add();
        }
    }

    /// <summary>Has the file reopened before the next line, since it may have been moved away.</summary>
    public void Reopen() => _isStale = true;

    /// <summary>Writes what waits and ends, within 5 s; what is left then is lost and counted.</summary>
    public async ValueTask DisposeAsync()
    {
        _queue.Writer.TryComplete();
        await Task.WhenAny(_ended.Task, Task.Delay(EndWait)).ConfigureAwait(false);
        _isAbandoned = true;
    }

    private void Run()
    {
        ChannelReader<IWebhookRecord> reader = _queue.Reader;
        var lines = new ArrayBufferWriter<byte>(16 * 1024);
        using var json = new Utf8JsonWriter(lines);
        while (reader.WaitToReadAsync().AsTask().GetAwaiter().GetResult())
        {
            lines.ResetWrittenCount();
            int count = 0;
            for (; count < BatchLength && reader.TryRead(out IWebhookRecord? record); count++)
            {
                json.Reset();
                record.Write(json);
                json.Flush();
                lines.Write("\n"u8);
            }

            while (!TryWrite(lines.WrittenSpan) && !_isAbandoned)
            {
                Thread.Sleep(RetryPause);
            }

            (_isAbandoned ? _dropped : _written).Add(count);
        }

        _stream?.Dispose();
        _ended.TrySetResult();
    }

    private bool TryWrite(ReadOnlySpan<byte> lines)
    {
        try
        {
            if (_isStale)
            {
                _isStale = false;
                _stream?.Dispose();
                _stream = null;
            }

            _stream ??= Open();
            if (_isTorn)
            {
                // A part of the last line may stand there: what follows begins on a line of its own.
                _stream.Write("\n"u8);
                _isTorn = false;
            }

            _stream.Write(lines);
            _stream.Flush();
            return true;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            _isTorn = _stream is not null;
            _isStale = true;
            if (_complainedAt is not { } last || _time.GetElapsedTime(last) >= RepeatInterval)
            {
                _complainedAt = _time.GetTimestamp();
                CannotWrite(_log, _path, exception.Message);
            }

            return false;
        }
    }

    private Stream Open()
    {
        if (_path == ObservabilityConfig.StandardOutput)
        {
            return Console.OpenStandardOutput();
        }

        var file = new FileStream(_path, new FileStreamOptions
        {
            Mode = FileMode.OpenOrCreate,
            Access = FileAccess.Write,
            Share = FileShare.ReadWrite | FileShare.Delete,
            BufferSize = 0,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead,
        });

        // Without it the runtime writes to where it believes the end to be, which another process, or who cuts the file off, may have moved.
        if (SetStatus(file.SafeFileHandle, SetFlags, Append) != 0)
        {
            file.Dispose();
            throw new IOException("the file cannot be appended to");
        }

        return file;
    }

    [LibraryImport("libc", EntryPoint = "fcntl")]
    private static partial int SetStatus(SafeFileHandle file, int command, int flags);

    [LoggerMessage(
        32, LogLevel.Error, "request log: '{Path}' cannot be written: {Reason}; lines wait, and are dropped when too many do (logged once a minute)")]
    private static partial void CannotWrite(ILogger logger, string path, string reason);
}
