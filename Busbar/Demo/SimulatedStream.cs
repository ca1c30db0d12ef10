using System.IO.Pipelines;
using Busbar.Ir;
using Busbar.Ir.Streams;
using Busbar.Protocols;
using Busbar.Protocols.Translation.Response;
using Busbar.Wire;
using Busbar.Wire.Json;

namespace Busbar.Demo;

/// <summary>Sends an answer word by word, as slowly as a model would.</summary>
internal sealed class SimulatedStream(IStreamWriter writer, PipeWriter client, TimeProvider time)
{
    /// <summary>Pause after each word.</summary>
    public static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(40);

    /// <summary>How many words a stream says that is broken off.</summary>
    public const int WordsBeforeCut = 6;

    /// <summary>
    /// Sends <paramref name="answer"/>. When it <paramref name="breaksOff"/>, the stream ends after a few words without the protocol's terminal; the
    /// connection itself is not reset, because a reset could overtake the words.
    /// </summary>
    public async ValueTask WriteAsync(ChatResponse answer, bool breaksOff, CancellationToken gone)
    {
        var events = new StreamEvents();
        WholeAsEvents.Append(answer, events);
        using var output = new PooledBuffer();
        int words = 0;
        for (int index = 0; index < events.Count; index++)
        {
            StreamEvent step = events[index];
            if (step.Kind != StreamEventKind.TextDelta)
            {
                writer.Write(step, output);
                continue;
            }

            JsonText rest = step.Text;
            while (!rest.IsNullOrEmpty)
            {
                if (breaksOff && words == WordsBeforeCut)
                {
                    return;
                }

                // No escape contains a space, so none is cut through.
                int end = rest.Span.IndexOf((byte)' ') + 1;
                end = end == 0 ? rest.Escaped.Length : end;
                step.Text = rest[..end];
                rest = rest[end..];
                writer.Write(step, output);
                words++;
                await client.WriteAsync(output.Memory, gone).ConfigureAwait(false);
                output.Clear();
                await Task.Delay(Pause, time, gone).ConfigureAwait(false);
            }
        }

        await client.WriteAsync(output.Memory, gone).ConfigureAwait(false);
    }
}
