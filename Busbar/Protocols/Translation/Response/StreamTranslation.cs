using Busbar.Ir;
using Busbar.Ir.Request;
using Busbar.Ir.Streams;
using Busbar.Protocols.Translation.Signatures;
using Busbar.Wire;
using Busbar.Wire.Framing;
using Busbar.Wire.Json;

namespace Busbar.Protocols.Translation.Response;

/// <summary>One stream of a provider's protocol into one of the client's. Not thread safe; disposing gives all storage back.</summary>
internal sealed partial class StreamTranslation : IDisposable
{
    // In use only while a frame is fed, so a thread needs one of each, however many streams wait.
    [ThreadStatic]
    private static StreamEvents? _sharedRead;

    [ThreadStatic]
    private static StreamEvents? _sharedOrdered;

    private readonly IStreamReader _reader;
    private readonly IStreamWriter _writer;
    private readonly TranslationContext _context;
    private readonly BlockSequencer _sequencer = new();
    private readonly ReasoningPlacement? _placement;
    private readonly SummaryGatherer? _summary;
    private readonly HiddenThinking? _hidden;
    private readonly IrArena _scratch = new();
    private readonly PooledBuffer _freeText = new(256);
    private StreamError? _failure;
    private Part _part;
    private bool _isSigned;
    private bool _hasTool;
    private bool _isClosed;
    private bool _hasOutput;

    /// <summary>A fresh stream from <paramref name="egress"/> to <paramref name="ingress"/>.</summary>
    public StreamTranslation(Protocol egress, Protocol ingress, TranslationContext context, StreamContext stream)
    {
        _context = context;
        _placement = ReasoningPlacement.For(context);
        _summary = context.WantsSummary ? new() : null;
        _hidden = HiddenThinking.For(context);
        _reader = egress.NewStreamReader();
        _writer = ingress.NewStreamWriter(stream);
    }

    /// <summary>A content event (text, thinking, tool start or the terminal) has gone to the output.</summary>
    public bool HasContent { get; private set; }

    /// <summary>The provider's terminal was seen and written.</summary>
    public bool IsComplete { get; private set; }

    /// <summary>The error the provider reported in the stream; nothing is written for it, nor for anything after it. Null when none.</summary>
    public StreamError? Error => _failure ?? _sequencer.Error;

    /// <summary>Token counts seen so far.</summary>
    public Usage Usage => _sequencer.Usage;

    /// <summary>Why the answer ended; None before the terminal.</summary>
    public StopReason StopReason { get; private set; }

    /// <summary>What was dropped or degraded, the request side included.</summary>
    public Losses Losses
    {
        get
        {
            Losses all = _context.Losses;
            all.Add(_writer.Losses);
            return all;
        }
    }

    /// <summary>Appends what <paramref name="frame"/> means to <paramref name="output"/>; nothing after an error or the end.</summary>
    public void Feed(in Frame frame, PooledBuffer output)
    {
        if (!_isClosed && !_sequencer.IsEnded)
        {
            try
            {
                StreamEvents read = Blank(ref _sharedRead);
                _reader.Read(frame, read);
                Process(read, output);
            }
            catch (AllowanceException)
            {
                _sequencer.Overflow();
            }
        }
    }

    /// <summary>Appends a whole answer as a full stream: for a provider that answered a streaming request with one body.</summary>
    public void Feed(ChatResponse whole, PooledBuffer output)
    {
        if (!_isClosed && !_sequencer.IsEnded)
        {
            try
            {
                StreamEvents read = Blank(ref _sharedRead);
                ResponseAdapter.CarryCitations(whole, ref _context.Losses);
                WholeAsEvents.Append(whole, read);
                Process(read, output);
            }
            catch (AllowanceException)
            {
                _sequencer.Overflow();
            }
        }
    }

    /// <summary>The provider's bytes have ended. When <see cref="IsComplete"/> is still false afterwards, the stream was cut.</summary>
    public void Complete(PooledBuffer output)
    {
        if (_isClosed || _sequencer.IsEnded)
        {
            return;
        }

        StreamEvents read = Blank(ref _sharedRead);
        _reader.Complete(read);
        Process(read, output);
    }

    /// <summary>Appends the native error frame and whatever ends the stream after it. Does nothing after the end.</summary>
    public void WriteError(in GatewayError error, PooledBuffer output)
    {
        if (!_isClosed && !IsComplete)
        {
            _isClosed = true;
            _writer.WriteError(error, output);
        }
    }

    /// <summary>Appends a native keep-alive between events; nothing before the first event or after the end.</summary>
    public void WriteKeepAlive(PooledBuffer output)
    {
        if (_hasOutput && !_isClosed && !IsComplete && Error is null)
        {
            _writer.WriteKeepAlive(output);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _reader.Dispose();
        _writer.Dispose();
        _sequencer.Dispose();
        _placement?.Dispose();
        _summary?.Dispose();
        _hidden?.Dispose();
        _scratch.Dispose();
        _freeText.Dispose();
    }

    private static StreamEvents Blank(ref StreamEvents? shared)
    {
        StreamEvents events = shared ??= new StreamEvents();
        events.Clear();
        return events;
    }

    private void Process(StreamEvents read, PooledBuffer output)
    {
        StreamEvents ordered = Blank(ref _sharedOrdered);
        if (_context.Client.Reasoning.SignsCallStarts)
        {
            SignCalls(read);
        }

        _sequencer.Feed(_placement?.Apply(read) ?? read, ordered, ref _context.Losses);
        Write(ordered, output);
    }

    // Chat clients look for the signature of a call in the first delta of the call.
    private static void SignCalls(StreamEvents read)
    {
        for (int index = 0; index < read.Count; index++)
        {
            if (read[index] is { Kind: StreamEventKind.SignatureDelta } signed)
            {
                for (int before = 0; before < index; before++)
                {
                    if (read[before] is { Kind: StreamEventKind.BlockStart, Block: BlockKind.ToolUse } start && start.Index == signed.Index)
                    {
                        read[before].Signature = signed.Text;
                        read[before].Origin = signed.Origin;
                    }
                }
            }
        }
    }

    private void Write(StreamEvents ordered, PooledBuffer output)
    {
        for (int index = 0; index < ordered.Count && _failure is null; index++)
        {
            bool isTaken = _summary?.Take(ordered[index]) ?? (_hidden is not null && Hide(_hidden, ordered[index], output));
            if (!isTaken)
            {
                Write(ref ordered[index], output);
            }
        }

        _scratch.Reset();
    }

    // True when the client sees nothing of the event.
    private bool Hide(HiddenThinking hidden, in StreamEvent next, PooledBuffer output)
    {
        switch (next.Kind)
        {
            case StreamEventKind.BlockStart when next.Block == BlockKind.Thinking && _context.Thinking == ThinkingView.Hidden:
                _part = Part.Hidden;
                if (next.Whole is { } whole)
                {
                    hidden.Hold(whole);
                }

                return true;
            case StreamEventKind.MessageDelta:
            case StreamEventKind.BlockStart when next.Block == BlockKind.ToolUse:
                while (hidden.TryTake(out JsonText token))
                {
                    WriteThinking(token, output);
                }

                return false;
            case StreamEventKind.TextDelta when _part is Part.Hidden or Part.Wordless:
                // The provider has begun to answer, whatever the client sees of it.
                HasContent = true;
                hidden.AddWords(next.Text);
                return true;
            case StreamEventKind.SignatureDelta when _part is Part.Hidden or Part.Wordless:
                hidden.Sign(next.Text);
                return true;
            case StreamEventKind.BlockStop when _part == Part.Hidden:
                _part = Part.Plain;
                if (hidden.Close() is { IsAbsent: false } carried)
                {
                    WriteThinking(carried, output);
                }

                return true;
            case StreamEventKind.BlockStop when _part == Part.Wordless:
                if (hidden.Close() is { IsAbsent: false } kept)
                {
                    _writer.Write(new StreamEvent { Kind = StreamEventKind.SignatureDelta, Index = next.Index, Origin = _context.Egress, Text =
                        kept }, output);
                }

                return false;
            default:
                return false;
        }
    }

    // The writers number what they write.
    private void WriteThinking(JsonText token, PooledBuffer output)
    {
        _writer.Write(new StreamEvent { Kind = StreamEventKind.BlockStart, Block = BlockKind.Thinking }, output);
        _writer.Write(new StreamEvent { Kind = StreamEventKind.SignatureDelta, Origin = _context.Egress, Text = token }, output);
        _writer.Write(new StreamEvent { Kind = StreamEventKind.BlockStop }, output);
    }

    private void Write(ref StreamEvent next, PooledBuffer output)
    {
        switch (next.Kind)
        {
            case StreamEventKind.Ping:
                WriteKeepAlive(output);
                return;
            case StreamEventKind.MessageStart:
                next.Id = default;
                TierWords.Fit(ref next.ServiceTier, ProtocolTable.Get(_context.Ingress), ref _context.Losses);
                break;
            case StreamEventKind.BlockStart:
                Open(ref next);
                break;
            case StreamEventKind.InputDelta when _part == Part.Structured:
                // Arguments and text travel in the same escaped form.
                next.Kind = StreamEventKind.TextDelta;
                break;
            case StreamEventKind.InputDelta when _part == Part.FreeText:
                JsonEscaping.Unescape(next.Text.Span, _freeText);
                return;
            case StreamEventKind.InputDelta when _part == Part.Wrapped:
                _freeText.Write(next.Text.Span);
                return;
            case StreamEventKind.TextDelta when !next.Logprobs.IsAbsent
                && !_context.Client.Fields.HasStreamedLogprobs:
                _context.Losses.Add(LossField.Logprobs);
                break;
            case StreamEventKind.SignatureDelta:
                if (!Sign(ref next))
                {
                    return;
                }

                break;
            case StreamEventKind.BlockStop:
                Finish(next.Index, output);
                break;
            case StreamEventKind.MessageDelta when _summary is not null:
                if (_summary.Finish(_scratch) is not { } summary)
                {
                    _failure = SummaryGatherer.NoWords;
                    return;
                }

                _writer.Write(new StreamEvent { Kind = StreamEventKind.BlockStart, Block = BlockKind.Summary, Whole = summary }, output);
                _writer.Write(new StreamEvent { Kind = StreamEventKind.BlockStop }, output);
                StopReason = next.StopReason = StopReason.EndTurn;
                break;
            case StreamEventKind.MessageDelta:
                ResponseAdapter.NoteEnd(next.StopReason, next.HasOtherCandidates, ref _context.Losses);
                TierWords.Fit(ref next.ServiceTier, ProtocolTable.Get(_context.Ingress), ref _context.Losses);
                next.StopReason = AnswerEnd.Of(next.StopReason, _hasTool, _sequencer.HasCutCall);
                StopReason = next.StopReason;
                break;
            case StreamEventKind.MessageStop:
                IsComplete = true;
                break;
        }

        _hasOutput = true;
        HasContent |= next.Kind is not (StreamEventKind.MessageStart or StreamEventKind.BlockStart)
            || (next.Kind == StreamEventKind.BlockStart && (next.Block == BlockKind.ToolUse || next.Whole is not null));
        _writer.Write(next, output);
    }
}
