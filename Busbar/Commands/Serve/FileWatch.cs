using Busbar.Configuration.Model;

namespace Busbar.Commands.Serve;

/// <summary>Notices that one of some files has changed, by its time and length: a look every few seconds, which works on every file system.</summary>
internal sealed class FileWatch : IDisposable
{
    private readonly Func<IEnumerable<string>> _files;
    private readonly Action _changed;
    private readonly ITimer _timer;
    private Dictionary<string, (DateTime, long)> _seen;
    private int _isLooking;

    /// <summary>Looks every <paramref name="period"/>.</summary>
    /// <param name="files">The files to look at; asked each time.</param>
    /// <param name="changed">Called after a change, on a pool thread, never twice at once.</param>
    /// <param name="period">Time between two looks.</param>
    /// <param name="time">Clock.</param>
    public FileWatch(Func<IEnumerable<string>> files, Action changed, TimeSpan period, TimeProvider time)
    {
        (_files, _changed) = (files, changed);
        _seen = Look();
        _timer = time.CreateTimer(_ => Compare(), null, period, period);
    }

    /// <summary>The files that hold keys of providers.</summary>
    public static IEnumerable<string> KeyFiles(GatewayConfig config) => config.Providers.Values.Select(provider => provider.ApiKeyFile)
        .OfType<string>().Distinct();

    /// <inheritdoc/>
    public void Dispose() => _timer.Dispose();

    private void Compare()
    {
        if (Interlocked.Exchange(ref _isLooking, 1) != 0)
        {
            return;
        }

        try
        {
            Dictionary<string, (DateTime, long)> now = Look();
            bool changed = now.Any(file => _seen.TryGetValue(file.Key, out var before) && before != file.Value);
            _seen = now;
            if (changed)
            {
                _changed();
            }
        }
        finally
        {
            Volatile.Write(ref _isLooking, 0);
        }
    }

    // A file that cannot be looked at is as it was before.
    private Dictionary<string, (DateTime, long)> Look()
    {
        Dictionary<string, (DateTime, long)> states = [];
        foreach (string file in _files())
        {
            var info = new FileInfo(file);
            if (info.Exists)
            {
                states[file] = (info.LastWriteTimeUtc, info.Length);
            }
            else if (_seen is not null && _seen.TryGetValue(file, out var before))
            {
                states[file] = before;
            }
        }

        return states;
    }
}
