using Busbar.Ir;
using Busbar.Wire;

namespace Busbar.Protocols.Translation;

/// <summary>One stream of a provider's dialect into one of the client's. Not thread safe; disposing gives all storage back.</summary>
internal sealed class StreamTranslation : IDisposable
{
    /// <summary>A fresh stream from <paramref name="egress"/> to <paramref name="ingress"/>.</summary>
    public StreamTranslation(Protocol egress, Protocol ingress, TranslationContext context, StreamContext stream) => throw new NotImplementedException();

    /// <summary>A content event (text, thinking, tool start or the terminal) has gone to the output.</summary>
    public bool HasContent { get; private set; }

    /// <summary>The provider's terminal was seen and written.</summary>
    public bool IsComplete { get; private set; }

    /// <summary>The error the provider reported in the stream; nothing is written for it, nor for anything after it. Null when none.</summary>
    public StreamError? Error { get; private set; }

    /// <summary>Token counts seen so far.</summary>
    public Usage Usage { get; private set; }

    /// <summary>Why the answer ended, as far as the provider said.</summary>
    public StopReason StopReason { get; private set; }

    /// <summary>What was dropped or degraded, the request side included.</summary>
    public Losses Losses { get; private set; }

    /// <summary>Appends what <paramref name="frame"/> means to <paramref name="output"/>; nothing after an error or the end.</summary>
    public void Feed(in Frame frame, PooledBuffer output) => throw new NotImplementedException();

    /// <summary>Appends a whole answer as a full stream: for a provider that answered a streaming request with one body.</summary>
    public void Feed(ChatResponse whole, PooledBuffer output) => throw new NotImplementedException();

    /// <summary>The provider's bytes have ended. When <see cref="IsComplete"/> is still false afterwards, the stream was cut.</summary>
    public void Complete(PooledBuffer output) => throw new NotImplementedException();

    /// <summary>Appends the native error frame and whatever ends the stream after it. Does nothing after the end.</summary>
    public void WriteError(in GatewayError error, PooledBuffer output) => throw new NotImplementedException();

    /// <summary>Appends a native sign of life between events; nothing before the first event or after the end.</summary>
    public void WriteKeepAlive(PooledBuffer output) => throw new NotImplementedException();

    /// <inheritdoc/>
    public void Dispose() => throw new NotImplementedException();
}
