using Busbar.Ir;
using Busbar.Ir.Streams;
using Busbar.Protocols;
using Busbar.Wire.Framing;
using Busbar.Wire.Json;

namespace Busbar.Tests.Protocols.Seventh;

/// <summary>Reads a stream: each event has one member that says what it is.</summary>
internal sealed class StreamReader : IStreamReader
{
    private int _open = -1;
    private bool _isCall;

    public void Read(in Frame frame, StreamEvents events)
    {
        JsonTape tape = JsonTape.Shared;
        if (!tape.TryParse(frame.Data) || !tape.Root.IsObject)
        {
            return;
        }

        JsonNode root = tape.Root;
        if (root["begin"u8] is { IsString: true } begin)
        {
            ref StreamEvent start = ref events.Add(StreamEventKind.MessageStart);
            start.Id = begin.Text;
            start.Model = root["model"u8].Text;
        }
        else if (root["say"u8] is { IsString: true } say)
        {
            if (_open < 0 || _isCall)
            {
                Open(BlockKind.Text, events);
            }

            events.AddText(_open, say.Text);
        }
        else if (root["use"u8] is { IsString: true } use)
        {
            ref StreamEvent call = ref Open(BlockKind.ToolUse, events);
            call.Name = use.Text;
            call.Id = root["as"u8].Text;
        }
        else if (root["with"u8] is { IsString: true } with && _isCall)
        {
            ref StreamEvent input = ref events.Add(StreamEventKind.InputDelta);
            input.Index = _open;
            input.Text = with.Text;
        }
        else if (root["ended"u8] is { IsString: true } ended)
        {
            Close(events);
            ref StreamEvent end = ref events.Add(StreamEventKind.MessageDelta);
            end.StopReason = Words.Ended(ended.Text);
            end.Usage = Words.Usage(root["spent"u8]);
            events.Add(StreamEventKind.MessageStop);
        }
        else if (root["fault"u8] is { IsObject: true } fault)
        {
            events.Add(StreamEventKind.Error).Error = new StreamError(FaultClass.ServerError, Words.Fault(fault));
        }
    }

    public void Complete(StreamEvents events)
    {
    }

    public void Dispose()
    {
    }

    private ref StreamEvent Open(BlockKind kind, StreamEvents events)
    {
        Close(events);
        _isCall = kind == BlockKind.ToolUse;
        return ref events.AddStart(++_open, kind);
    }

    private void Close(StreamEvents events)
    {
        if (_open >= 0)
        {
            events.AddStop(_open);
        }
    }
}
