using System.Collections.Concurrent;
using System.Net;

namespace Busbar.Tests.Observability;

/// <summary>Takes what a sink sends, in this process, and answers as told.</summary>
internal sealed class FakeReceiver : HttpMessageHandler
{
    private readonly ConcurrentQueue<(HttpRequestMessage Request, byte[] Body)> _requests = new();
    private readonly TaskCompletionSource<HttpStatusCode> _release = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _pending;

    /// <summary>What it answers to the first request; <see cref="Status"/> when null.</summary>
    public HttpStatusCode? FirstStatus { get; init; }

    /// <summary>What it answers.</summary>
    public HttpStatusCode Status { get; set; } = HttpStatusCode.OK;

    /// <summary>Whether it answers only once it is let go.</summary>
    public bool Hangs { get; init; }

    /// <summary>Requests so far.</summary>
    public IReadOnlyList<HttpRequestMessage> Requests => [.. _requests.Select(entry => entry.Request)];

    /// <summary>Their bodies.</summary>
    public IReadOnlyList<byte[]> Bodies => [.. _requests.Select(entry => entry.Body)];

    /// <summary>Requests without an answer yet.</summary>
    public int Pending => Volatile.Read(ref _pending);

    /// <summary>Answers all that hang, and later ones at once.</summary>
    public void LetGo(HttpStatusCode status) => _release.SetResult(status);

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _pending);
        try
        {
            _requests.Enqueue((request, await request.Content!.ReadAsByteArrayAsync(cancellationToken)));
            HttpStatusCode status = _requests.Count == 1 ? FirstStatus ?? Status : Status;
            return new HttpResponseMessage(Hangs ? await _release.Task.WaitAsync(cancellationToken) : status);
        }
        finally
        {
            Interlocked.Decrement(ref _pending);
        }
    }
}
