using System.Buffers.Text;
using Busbar.Ir;
using Busbar.Wire;
using Busbar.Wire.Framing;
using Busbar.Wire.Json;

namespace Busbar.Protocols.Anthropic.Platforms;

/// <summary>
/// Claude on Amazon Bedrock by <c>InvokeModel</c> and <c>InvokeModelWithResponseStream</c>: Messages bodies with version and betas inside, the model
/// in the path, streams as AWS event streams of chunks, errors of the service.
/// </summary>
internal sealed class InvokeProtocol : AnthropicProtocol
{
    private InvokeProtocol()
        : base(Envelope.Invoke)
    {
    }

    /// <summary>The only instance.</summary>
    public static new InvokeProtocol Instance { get; } = new();

    /// <inheritdoc/>
    public override string StreamContentType => "application/vnd.amazon.eventstream";

    /// <inheritdoc/>
    public override bool HasBinaryStream => true;

    /// <inheritdoc/>
    public override string RequestIdHeader => "x-amzn-requestid";

    /// <inheritdoc/>
    public override string ErrorTypeHeader => "x-amzn-errortype";

    /// <inheritdoc/>
    public override string NewRequestId() => Ids.Uuid();

    /// <inheritdoc/>
    public override string NewResponseId() => Ids.Random("msg_bdrk_01", 24);

    /// <summary>None: it stands in the body.</summary>
    public override string? VersionHeader => null;

    /// <summary>Those of Bedrock, which go around all that it serves.</summary>
    public override IReadOnlyList<string> RequestHeaders => Bedrock.BedrockProtocol.Instance.RequestHeaders;

    /// <inheritdoc/>
    public override string EgressPath(string model, bool stream) =>
        $"/model/{UrlPath.EncodeSegment(model)}/{(stream ? "invoke-with-response-stream" : "invoke")}";

    /// <inheritdoc/>
    public override string EgressPath(string model, in EgressCall call) =>
        call.Operation == Operation.CountTokens ? Bedrock.BedrockProtocol.Instance.EgressPath(model, call) : EgressPath(model, call.Stream);

    /// <inheritdoc/>
    public override ReframedHeaders Reframe(ReadOnlyMemory<byte> body, in ReframeRequest ask, PooledBuffer output)
    {
        if (ask.Operation != Operation.CountTokens)
        {
            return base.Reframe(body, ask, output);
        }

        // Counted is what would be invoked, which has a limit.
        using var invoked = new PooledBuffer(body.Length + 256);
        BodyRewriter.Write(body, Envelope, ask with { Operation = Operation.Chat, Streams = false }, invoked);
        int most = Base64.GetMaxEncodedToUtf8Length(invoked.Length);
        output.Write("{\"input\":{\"invokeModel\":{\"body\":\""u8);
        Base64.EncodeToUtf8(invoked.Span, output.GetSpan(most), out _, out int written);
        output.Advance(written);
        output.Write("\"}}}"u8);
        return default;
    }

    /// <inheritdoc/>
    public override long? ReadCount(ReadOnlyMemory<byte> body)
    {
        using var tape = new JsonTape();
        return tape.TryParse(body) ? tape.Root["inputTokens"u8].Integer : null;
    }

    /// <inheritdoc/>
    public override IFramer NewFramer() => new ChunkFramer();

    /// <inheritdoc/>
    public override IStreamReader NewStreamReader() => new InvokeStreamReader();

    /// <inheritdoc/>
    public override IStreamWriter NewStreamWriter(StreamContext context) => new InvokeStreamWriter(context);

    /// <inheritdoc/>
    public override IStreamTap NewStreamTap() => new InvokeStreamTap();

    /// <inheritdoc/>
    public override void WriteFrame(in Frame frame, in Usage usage, StreamContext context, PooledBuffer output)
    {
        if (frame.Is("message_stop"u8))
        {
            InvokeStreamWriter.WriteStop(frame.Data.Span, usage, context, output);
        }
        else if (!frame.Data.IsEmpty)
        {
            Chunks.Write(frame.Data.Span, output);
        }
    }

    /// <inheritdoc/>
    public override ProviderError ReadError(int status, ReadOnlyMemory<byte> body) => Bedrock.ErrorReader.Read(status, body);

    /// <inheritdoc/>
    public override int StatusOf(in GatewayError error) => Bedrock.Exceptions.StatusOf(error);

    /// <inheritdoc/>
    public override string ErrorType(in GatewayError error) => Bedrock.Exceptions.NameOf(error);

    /// <inheritdoc/>
    public override void WriteError(in GatewayError error, string requestId, JsonWriter output) =>
        Bedrock.BedrockProtocol.Instance.WriteError(error, requestId, output);
}
