using System.Text.Json;
using Busbar.Observability.Stats;
using Busbar.Reliability;
using Busbar.Wire;
using Busbar.Wire.Json;

namespace Busbar.Observability.Live;

/// <summary>
/// Tells those who ask of what happens, as server-sent events once a second: figures (<c>tick</c>), lanes where they changed (<c>lanes</c>), and the
/// requests that ended (<c>requests</c>). The events of a second are made once for all of them, and not at all while nobody listens.
/// </summary>
internal sealed class LiveEvents(LiveView view)
{
    /// <summary>Most who may listen at once.</summary>
    public const int MaxListeners = 16;

    /// <summary>Most requests that are told of in a second, those in trouble first; how many more there were is told instead.</summary>
    public const int MaxRequests = 50;

    private readonly Lock _lock = new();
    private readonly List<LiveSubscription> _listeners = [];
    private byte[] _lanes = [];
    private long _told;
    private bool _isClosed;

    /// <summary>Those who listen.</summary>
    public int Listeners
    {
        get
        {
            lock (_lock)
            {
                return _listeners.Count;
            }
        }
    }

    /// <summary>Subscribes; null when enough listen already, or the process goes down. The caller disposes it.</summary>
    public LiveSubscription? Join()
    {
        lock (_lock)
        {
            if (_isClosed || _listeners.Count == MaxListeners)
            {
                return null;
            }

            var listener = new LiveSubscription(this);
            if (_listeners.Count == 0)
            {
                // What was before is read, not told.
                _told = view.Requests.Last;
                _lanes = [];
            }

            if (_lanes.Length > 0)
            {
                listener.Offer(_lanes);
            }

            _listeners.Add(listener);
            return listener;
        }
    }

    /// <summary>Forgets <paramref name="listener"/>.</summary>
    public void Leave(LiveSubscription listener)
    {
        lock (_lock)
        {
            _listeners.Remove(listener);
        }
    }

    /// <summary>Tells of the second that has passed.</summary>
    public void Tell(Func<Fleet> fleet)
    {
        lock (_lock)
        {
            if (_listeners.Count == 0)
            {
                return;
            }

            using var frame = new PooledBuffer(4096);
            WriteTick(frame);
            WriteRequests(frame);
            byte[] lanes = Lanes(fleet());
            if (!lanes.AsSpan().SequenceEqual(_lanes))
            {
                _lanes = lanes;
                frame.Write(lanes);
            }

            byte[] bytes = frame.Span.ToArray();
            foreach (LiveSubscription listener in _listeners)
            {
                listener.Offer(bytes);
            }
        }
    }

    /// <summary>Ends all subscriptions, and takes no more.</summary>
    public void Close()
    {
        lock (_lock)
        {
            _isClosed = true;
            foreach (LiveSubscription listener in _listeners)
            {
                listener.End();
            }
        }
    }

    private void WriteTick(PooledBuffer frame)
    {
        frame.Write("event: tick\ndata: "u8);
        var json = new JsonWriter(frame);
        json.StartObject();
        json.Name("point"u8);
        FigureJson.Write(json, view.Figures.ReadSeconds(1) is [.., var last] ? last : default);
        json.StartObject("pools"u8);
        foreach ((string pool, FigurePoint second) in view.Figures.ReadPools())
        {
            json.Text(JsonText.From(pool));
            json.Output.Write((byte)':');
            FigureJson.Write(json, second);
        }

        json.EndObject();
        json.EndObject();
        frame.Write("\n\n"u8);
    }

    private void WriteRequests(PooledBuffer frame)
    {
        long last = view.Requests.Last;
        if (last == _told)
        {
            return;
        }

        List<RecentRequest> ended = view.Requests.Read(_told);
        RecentRequest[] shown = [.. ended.OrderByDescending(request => request.IsTroubled).Take(MaxRequests)
            .OrderByDescending(request => request.Sequence)];
        long leftOut = Math.Max(0, last - _told - shown.Length);
        _told = Math.Max(last, shown is [var newest, ..] ? newest.Sequence : 0);
        frame.Write("event: requests\ndata: "u8);
        var json = new JsonWriter(frame);
        json.StartObject();
        json.StartArray("requests"u8);
        foreach (RecentRequest request in shown)
        {
            RecentRequestJson.Write(json, request);
        }

        json.EndArray();
        json.Number("left_out"u8, leftOut);
        json.EndObject();
        frame.Write("\n\n"u8);
    }

    private static byte[] Lanes(Fleet fleet)
    {
        using var frame = new PooledBuffer(4096);
        frame.Write("event: lanes\ndata: "u8);
        frame.Write(JsonSerializer.SerializeToUtf8Bytes(Stats.Stats.Of(fleet), StatsJson.Default.Stats));
        frame.Write("\n\n"u8);
        return frame.Span.ToArray();
    }
}
