using System.Text;
using Busbar.Ir;
using Busbar.Ir.Streams;
using Busbar.Protocols;
using Busbar.Protocols.Responses;
using Busbar.Wire.Framing;

namespace Busbar.Tests.Protocols.Responses;

public class StreamTapTests
{
    [SkippableFact]
    public void The_tap_sees_of_every_recorded_stream_what_the_reader_sees()
    {
        Skip.IfNot(Corpus.Exists);
        foreach (CorpusExchange exchange in Exchange.Streams)
        {
            foreach (bool named in (bool[])[true, false])
            {
                IStreamTap tap = ResponsesProtocol.Instance.NewStreamTap();
                foreach (Frame frame in StreamScript.Frames(exchange.ResponseBody))
                {
                    tap.Observe(named ? frame : frame with { Name = default });
                    if (tap.IsComplete)
                    {
                        break;
                    }
                }

                List<StreamEvent> events = StreamScript.Read(exchange.ResponseBody);
                StreamEvent end = events.LastOrDefault(found => found.Kind == StreamEventKind.MessageDelta);
                Assert.True(end.Usage.In(end.ServiceTier).Equals(tap.Usage), exchange.Id);
                Assert.Equal((exchange.Id, events.Any(found => found.Kind == StreamEventKind.MessageStop)), (exchange.Id, tap.IsComplete));
                Assert.Equal((exchange.Id, events.Any(found => found.Kind == StreamEventKind.Error)), (exchange.Id, tap.Error is not null));
            }
        }
    }

    [Theory]
    [InlineData("response.created", "{}", false)]
    [InlineData("response.queued", "{}", false)]
    [InlineData("response.in_progress", "{}", false)]
    [InlineData("response.output_item.added", """{"item":{"type":"message"}}""", false)]
    [InlineData("response.content_part.added", "{}", false)]
    [InlineData("response.output_item.added", """{"item":{"type":"function_call"}}""", true)]
    [InlineData("response.output_text.delta", "{}", true)]
    [InlineData("response.reasoning_summary_text.delta", "{}", true)]
    [InlineData("response.completed", "{}", true)]
    [InlineData("error", "{}", false)]
    [InlineData("response.failed", "{}", false)]
    public void The_prelude_is_no_content(string name, string data, bool content)
    {
        IStreamTap tap = ResponsesProtocol.Instance.NewStreamTap();
        tap.Observe(new Frame(Encoding.UTF8.GetBytes(name), Encoding.UTF8.GetBytes(data)));
        Assert.Equal(content, tap.HasContent);
    }

    [Fact]
    public void An_error_in_the_stream_is_seen_with_its_class()
    {
        IStreamTap tap = ResponsesProtocol.Instance.NewStreamTap();
        tap.Observe(new Frame(default, """{ "type": "error", "error": {"code":"context_length_exceeded","message":"m"}}"""u8.ToArray()));
        Assert.Equal(FaultClass.ContextLength, tap.Error!.Class);
        Assert.False(tap.IsComplete);
    }
}
