using Busbar.Ir;
using Busbar.Ir.Request;
using Busbar.Ir.Streams;
using Busbar.Protocols.Translation.Request.Tools;
using Busbar.Protocols.Translation.Signatures;
using Busbar.Wire;
using Busbar.Wire.Json;

namespace Busbar.Protocols.Translation.Response;

/// <content>The block that is open: what becomes of its start, its signature and its end.</content>
internal sealed partial class StreamTranslation
{
    private enum Part : byte
    {
        Plain,
        Thinking,
        Call,
        Structured,
        FreeText,
        Wrapped,
        Wordless,
        Hidden,
    }

    private void Open(ref StreamEvent start)
    {
        _part = Part.Plain;
        _isSigned = false;
        if (start.Block == BlockKind.Thinking)
        {
            bool isWordless = _context.Thinking == ThinkingView.Wordless;
            _part = start.Whole is not null ? Part.Plain : isWordless ? Part.Wordless : Part.Thinking;
            if (start.Whole is { } whole && isWordless)
            {
                HiddenThinking.TryStrip(whole, _context, _scratch);
            }
            else if (start.Whole is { } shown)
            {
                ResponseAdapter.PrepareThinking(shown, _context, _scratch);
            }
        }
        else if (start.Block == BlockKind.ToolUse && _context.IsStructuredTool(start.Name))
        {
            _part = Part.Structured;
            start = new StreamEvent { Kind = StreamEventKind.BlockStart, Block = BlockKind.Text, Index = start.Index };
        }
        else if (start.Block == BlockKind.ToolUse)
        {
            _hasTool = true;
            _part = Part.Call;
            ClientTool tool = _context.ClientTool(start.Name);
            if (tool.Form == ToolForm.Custom && !start.IsCustomTool)
            {
                _part = Part.FreeText;
                start.IsCustomTool = true;
            }
            else if (start.IsCustomTool && !ResponseAdapter.KnowsFreeText(_context.Ingress))
            {
                _part = Part.Wrapped;
                start.IsCustomTool = false;
            }

            if (!start.IsCustomTool)
            {
                start.Form = tool.Form;
            }

            start.Id = ToolIds.ToClient(_context, start.Id, _scratch);
            start.Name = tool.Name;
            start.Namespace = tool.Namespace;
        }
    }

    // False when the client's protocol has no place for it.
    private bool Sign(ref StreamEvent signature)
    {
        if (_part != Part.Thinking)
        {
            // Signatures of text have no counterpart.
            bool isCall = _part is not (Part.Plain or Part.Structured);
            bool isCarried = isCall && _context.Client.Reasoning.SignsCallStarts;
            if (!isCarried)
            {
                _context.Losses.Add(isCall ? LossField.ToolSignature : LossField.ThinkingSignature);
            }

            return isCarried;
        }

        if (!ResponseSignatures.CanShow(_context))
        {
            _context.Losses.Add(LossField.ThinkingSignature);
            return false;
        }

        _isSigned = true;
        if (!SignatureEnvelope.Is(signature.Text))
        {
            signature.Text = ResponseSignatures.Shown(_context, SignatureUse.Thinking, signature.Text, _scratch);
        }

        return true;
    }

    private void Finish(int index, PooledBuffer output)
    {
        if (_part == Part.Thinking && !_isSigned && ResponseSignatures.MarksUnsigned(_context))
        {
            _writer.Write(
                new StreamEvent
                {
                    Kind = StreamEventKind.SignatureDelta,
                    Index = index,
                    Origin = _context.Egress,
                    Text = ResponseSignatures.Shown(_context, SignatureUse.Thinking, default, _scratch),
                },
                output);
        }
        else if (_part == Part.FreeText && _freeText.Length > 0)
        {
            JsonText text = ResponseAdapter.FreeText(_freeText.Memory, _scratch);
            _freeText.Clear();
            _writer.Write(new StreamEvent { Kind = StreamEventKind.InputDelta, Index = index, Text = text }, output);
        }
        else if (_part == Part.Wrapped)
        {
            JsonText text = _scratch.StoreEscaped(ResponseAdapter.WrapFreeText(new JsonText(_freeText.Memory), _scratch).Span);
            _freeText.Clear();
            _writer.Write(new StreamEvent { Kind = StreamEventKind.InputDelta, Index = index, Text = text }, output);
        }

        _part = Part.Plain;
    }
}
