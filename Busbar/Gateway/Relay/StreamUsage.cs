using Busbar.Gateway.Routing;
using Busbar.Ir;
using Busbar.Protocols;
using Busbar.Wire;
using Busbar.Wire.Json;

namespace Busbar.Gateway.Relay;

/// <summary>
/// Asks a Chat Completions provider for the usage of a stream on behalf of a client that did not: without it nobody would learn what the stream cost.
/// The client is spared the answer by <see cref="UsageHidingStream"/>.
/// </summary>
internal static class StreamUsage
{
    /// <summary>Whether the request is one for a stream whose usage its client did not ask for, in the protocol where it must be asked for.</summary>
    public static bool IsUnasked(Exchange exchange) =>
        exchange.Streams && exchange.Ingress.Traffic.HidesUsage && exchange.Route.Operation == Operation.Chat
            && !Asks(exchange.Scan.StreamOptions.Of(exchange.Body!.Memory));

    /// <summary>
    /// Appends <paramref name="body"/> with <paramref name="model"/> for its model and with the question added to its stream options.
    /// </summary>
    public static void Write(ReadOnlyMemory<byte> body, in RequestScan scan, ReadOnlyMemory<byte> model, PooledBuffer output)
    {
        ReadOnlySpan<byte> text = body.Span;
        ByteRange options = scan.StreamOptions.IsAbsent ? new ByteRange(scan.ClosingBrace, 0) : scan.StreamOptions;
        bool modelFirst = scan.Model.Offset < options.Offset;
        int at = 0;
        foreach (bool isModel in (ReadOnlySpan<bool>)[modelFirst, !modelFirst])
        {
            ByteRange edit = isModel ? scan.Model : options;
            if (isModel && edit.IsAbsent)
            {
                continue;
            }

            output.Write(text[at..edit.Offset]);
            at = edit.End;
            if (isModel)
            {
                output.Write(model.Span);
            }
            else if (edit.IsAbsent)
            {
                output.Write(",\"stream_options\":{\"include_usage\":true}"u8);
            }
            else
            {
                WriteOptions(edit.Of(body), output);
            }
        }

        output.Write(text[at..]);
    }

    // What is neither an object nor null is the provider's to refuse.
    private static void WriteOptions(ReadOnlyMemory<byte> options, PooledBuffer output)
    {
        using var tape = new JsonTape();
        if (!tape.TryParse(options) || !(tape.Root.IsObject || tape.Root.IsNull))
        {
            output.Write(options.Span);
            return;
        }

        output.Write("{\"include_usage\":true"u8);
        foreach (JsonMember member in tape.Root.Members)
        {
            if (!member.Name.Is("include_usage"u8))
            {
                output.Write(",\""u8);
                output.Write(member.Name.Span);
                output.Write("\":"u8);
                output.Write(member.Value.Raw.Span);
            }
        }

        output.Write((byte)'}');
    }

    private static bool Asks(ReadOnlyMemory<byte> options)
    {
        if (options.IsEmpty)
        {
            return false;
        }

        using var tape = new JsonTape();
        return tape.TryParse(options) && tape.Root["include_usage"u8].IsTrue;
    }
}
