using System.Text;
using Busbar.Ir;
using Busbar.Ir.Request;
using Busbar.Ir.Streams;
using Busbar.Protocols;
using Busbar.Wire.Framing;
using Busbar.Wire.Json;

namespace Busbar.Tests.Demo;

/// <summary>What a client understands of an answer, read with its protocol's own readers.</summary>
internal sealed record Heard(string Text, string? Tool, bool IsComplete, bool IsError, bool HasUsage)
{
    public static Heard Whole(ProtocolId client, byte[] body)
    {
        using ChatResponse response = ChatResponse.Rent();
        Assert.True(ProtocolTable.Get(client).ReadResponse(body, response), Encoding.UTF8.GetString(body));
        return new Heard(
            string.Concat(response.Blocks.Where(block => block.Kind == BlockKind.Text).Select(block => block.Text.ToString())),
            response.Blocks.Find(block => block.Kind == BlockKind.ToolUse)?.Name.ToString(),
            response.StopReason is StopReason.EndTurn or StopReason.ToolUse,
            IsError: false,
            response.Usage is { IsReported: true, Input: > 0, Output: > 0 });
    }

    public static Heard Stream(ProtocolId client, byte[] body)
    {
        Protocol protocol = ProtocolTable.Get(client);
        using IFramer framer = protocol.NewFramer();
        using IStreamReader reader = protocol.NewStreamReader();
        var events = new StreamEvents();
        var text = new StringBuilder();
        string? tool = null;
        bool isComplete = false, isError = false;
        Usage usage = default;
        body.CopyTo(framer.GetMemory(body.Length));
        framer.Advance(body.Length);
        framer.Complete();
        while (framer.TryRead(out Frame frame) == FrameResult.Frame)
        {
            reader.Read(frame, events);
            Take();
        }

        reader.Complete(events);
        Take();
        return new Heard(text.ToString(), tool, isComplete && !isError, isError, usage is { IsReported: true, Input: > 0, Output: > 0 });

        void Take()
        {
            for (int index = 0; index < events.Count; index++)
            {
                StreamEvent step = events[index];
                text.Append(step.Kind == StreamEventKind.TextDelta ? step.Text.ToString() : "");
                tool = step is { Kind: StreamEventKind.BlockStart, Block: BlockKind.ToolUse } ? step.Name.ToString() : tool;
                isComplete |= step.Kind == StreamEventKind.MessageStop || step.StopReason is StopReason.EndTurn or StopReason.ToolUse;
                isError |= step.Kind == StreamEventKind.Error || step.StopReason == StopReason.Error;
                usage.Merge(step.Usage);
            }

            events.Clear();
        }
    }
}
