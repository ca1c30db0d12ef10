using System.Runtime.CompilerServices;
using Busbar.Ir;
using Busbar.Ir.Streams;
using Busbar.Wire.Json;

namespace Busbar.Protocols.Translation.Response;

/// <summary>
/// Turns the events of a provider's stream, in whatever order they come, into a legal sequence: one MessageStart; blocks one at a time, numbered from
/// 0, each start with its stop and every delta inside; one MessageDelta with everything known; one MessageStop; nothing after. What arrives for
/// another block while a tool call is incomplete waits; words that are interrupted go on in a new block. The terminal is held until the
/// provider's end, so that counts that come late are in it.
/// </summary>
internal sealed class BlockSequencer : IDisposable
{
    private const int MaxHeld = 16 * 1024 * 1024;
    private const int MaxBlocks = 1024;
    private const int EventCost = 320;

    private readonly Dictionary<int, BlockTrack> _tracks = [];
    private readonly Queue<WaitingBlock> _waiting = [];
    private readonly IrArena _held = new();
    private readonly IrArena _kept = new();
    private long _heldBytes;
    private bool _isStarted;
    private int _opened;
    private BlockTrack? _open;
    private bool _openIsCustom;
    private JsonProgress _arguments;
    private bool _hasArguments;
    private int _nullLetters;
    private StrongBox<StreamEvent>? _signature;
    private StreamEvent _terminal = new() { Kind = StreamEventKind.MessageDelta };

    /// <summary>The terminal was put out, or an error ended the stream.</summary>
    public bool IsEnded { get; private set; }

    /// <summary>The failure that ended the stream; null when none.</summary>
    public StreamError? Error { get; private set; }

    /// <summary>The arguments of a call ended before they were whole.</summary>
    public bool HasCutCall { get; private set; }

    /// <summary>Token counts seen so far.</summary>
    public Usage Usage => _terminal.Usage.In(_terminal.ServiceTier);

    /// <summary>
    /// Appends to <paramref name="output"/> what <paramref name="input"/> makes possible. The slices put out are valid until the next call.
    /// </summary>
    public void Feed(StreamEvents input, StreamEvents output, ref Losses losses)
    {
        if (_waiting.Count == 0)
        {
            _held.Reset();
            _heldBytes = 0;
        }

        for (int index = 0; index < input.Count && !IsEnded; index++)
        {
            Take(in input[index], output, ref losses);
        }
    }

    /// <summary>Ends the stream as the provider's failure: it holds more than is translated.</summary>
    public void Overflow()
    {
        Error = new StreamError(FaultClass.ServerError, new ProviderError(null, null, null));
        IsEnded = true;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _held.Dispose();
        _kept.Dispose();
    }

    private void Take(in StreamEvent next, StreamEvents output, ref Losses losses)
    {
        switch (next.Kind)
        {
            case StreamEventKind.MessageStart:
                _terminal.Usage.Merge(next.Usage);
                Keep(ref _terminal.ServiceTier, next.ServiceTier);
                Start(next, output);
                break;
            case StreamEventKind.MessageDelta:
                MergeTerminal(next);
                break;
            case StreamEventKind.MessageStop:
                Finish(output);
                break;
            case StreamEventKind.Error:
                Error = next.Error;
                IsEnded = true;
                break;
            case StreamEventKind.Ping:
                if (_isStarted)
                {
                    output.Add(StreamEventKind.Ping);
                }

                break;
            case StreamEventKind.BlockStart:
                TakeStart(next, output, ref losses);
                break;
            case StreamEventKind.BlockStop:
                TakeStop(next.Index, output);
                break;
            default:
                TakeDelta(next, output, ref losses);
                break;
        }
    }

    private void Start(in StreamEvent start, StreamEvents output)
    {
        if (!_isStarted)
        {
            _isStarted = true;
            output.Add(StreamEventKind.MessageStart) = start;
        }
    }

    private void MergeTerminal(in StreamEvent news)
    {
        _terminal.Usage.Merge(news.Usage);
        _terminal.StopReason = news.StopReason != StopReason.None ? news.StopReason : _terminal.StopReason;
        _terminal.HasOtherCandidates |= news.HasOtherCandidates;
        Keep(ref _terminal.ServiceTier, news.ServiceTier);
        Keep(ref _terminal.StopSequence, news.StopSequence);
        Keep(ref _terminal.StopCategory, news.StopCategory);
        Keep(ref _terminal.StopExplanation, news.StopExplanation);
    }

    private void Keep(ref JsonText kept, JsonText news)
    {
        if (!news.IsAbsent)
        {
            kept = _kept.StoreText(news.Span);
        }
    }

    private void TakeStart(in StreamEvent start, StreamEvents output, ref Losses losses)
    {
        if (_tracks.ContainsKey(start.Index))
        {
            return;
        }

        BlockTrack? track = Track(start.Index, start.Block);
        if (track is null)
        {
            return;
        }

        if (start.Block is BlockKind.ServerToolUse or BlockKind.ServerToolResult or BlockKind.ToolChange or BlockKind.Opaque)
        {
            track.State = BlockTrack.BlockState.Ignored;
            losses.Add(start.Block == BlockKind.Opaque ? LossField.OpaqueBlock : LossField.ServerTool);
        }
        else if (start is { Block: BlockKind.ToolUse, Name.IsNullOrEmpty: true })
        {
            // Nothing that a client could run.
            track.State = BlockTrack.BlockState.Ignored;
            losses.Add(LossField.ToolName);
        }
        else if (!track.IsWordy || start.Whole is not null)
        {
            Begin(track, start, output);
        }
    }

    private BlockTrack? Track(int index, BlockKind kind)
    {
        if (_tracks.Count == MaxBlocks)
        {
            Overflow();
            return null;
        }

        return _tracks[index] = new BlockTrack(kind);
    }

    private void TakeDelta(in StreamEvent delta, StreamEvents output, ref Losses losses)
    {
        bool isWords = delta.Kind is StreamEventKind.TextDelta or StreamEventKind.InputDelta;
        if (isWords && delta.Text.IsNullOrEmpty)
        {
            return;
        }

        if (!_tracks.TryGetValue(delta.Index, out BlockTrack? track))
        {
            if (delta.Kind == StreamEventKind.InputDelta)
            {
                losses.Add(LossField.ToolInput);
                return;
            }

            track = Track(delta.Index, delta.Kind == StreamEventKind.SignatureDelta ? BlockKind.Thinking : BlockKind.Text);
        }

        if (track is null || track.State == BlockTrack.BlockState.Ignored)
        {
            return;
        }

        if (track.State is BlockTrack.BlockState.Idle or BlockTrack.BlockState.Done)
        {
            if (!track.IsWordy)
            {
                LoseLate(delta, ref losses);
                return;
            }

            Begin(track, new StreamEvent { Kind = StreamEventKind.BlockStart, Block = track.Kind, Index = delta.Index }, output);
        }

        if (track.State == BlockTrack.BlockState.Waiting)
        {
            Hold(track.Waiting!, delta);
        }
        else
        {
            Forward(delta, output);
            if (_waiting.Count > 0 && IsOpenComplete)
            {
                Close(BlockTrack.BlockState.Done, output);
                Drain(closeAll: false, output);
            }
        }
    }

    private static void LoseLate(in StreamEvent delta, ref Losses losses)
    {
        if (delta.Kind != StreamEventKind.InputDelta)
        {
            losses.Add(delta.Kind == StreamEventKind.SignatureDelta ? LossField.ToolSignature : LossField.Citations);
        }
        else if (!JsonSyntax.Trim(delta.Text.Span).IsEmpty)
        {
            losses.Add(LossField.LateToolArguments);
        }
    }

    private void TakeStop(int index, StreamEvents output)
    {
        if (!_tracks.TryGetValue(index, out BlockTrack? track))
        {
            return;
        }

        switch (track.State)
        {
            case BlockTrack.BlockState.Open:
                Close(BlockTrack.BlockState.Done, output);
                Drain(closeAll: false, output);
                break;
            case BlockTrack.BlockState.Waiting:
                track.Waiting!.IsStopped = true;
                break;
            case BlockTrack.BlockState.Idle:
                track.State = BlockTrack.BlockState.Done;
                break;
        }
    }

    // A free-text argument has no recognisable end.
    private bool IsOpenComplete => _open is { Kind: BlockKind.ToolUse } && !_openIsCustom && _arguments.IsComplete;

    private void Begin(BlockTrack track, in StreamEvent start, StreamEvents output)
    {
        while (_open is not null)
        {
            if (_open.Kind == BlockKind.ToolUse && !IsOpenComplete)
            {
                track.State = BlockTrack.BlockState.Waiting;
                track.Waiting = new WaitingBlock(track, Held(start));
                _waiting.Enqueue(track.Waiting);
                return;
            }

            Close(_open.IsWordy ? BlockTrack.BlockState.Idle : BlockTrack.BlockState.Done, output);
            Drain(closeAll: false, output);
        }

        Open(track, start, output);
    }

    private void Open(BlockTrack track, in StreamEvent start, StreamEvents output)
    {
        Start(new StreamEvent { Kind = StreamEventKind.MessageStart, Usage = _terminal.Usage }, output);
        _open = track;
        _openIsCustom = start.IsCustomTool;
        _arguments = default;
        _hasArguments = false;
        _nullLetters = 0;
        _signature = null;
        track.State = BlockTrack.BlockState.Open;
        ref StreamEvent opened = ref output.Add(StreamEventKind.BlockStart);
        opened = start;
        opened.Index = _opened;
    }

    private void Forward(in StreamEvent delta, StreamEvents output)
    {
        if (delta.Kind == StreamEventKind.SignatureDelta)
        {
            // Held to the end of the block: clients take the last signature they see, after the words it signs.
            _signature = new(delta);
            _signature.Value.Text = _kept.StoreText(delta.Text.Span);
            return;
        }

        if (delta.Kind == StreamEventKind.InputDelta && !_openIsCustom)
        {
            if (!_hasArguments && IsNullSoFar(delta.Text.Span))
            {
                return;
            }

            if (!_hasArguments && _nullLetters > 0)
            {
                AddInput(new JsonText(NullWord.AsMemory(0, _nullLetters)), output);
            }

            _hasArguments = true;
            _arguments.Read(delta.Text.Span);
        }

        ref StreamEvent forwarded = ref output.Add(delta.Kind);
        forwarded = delta;
        forwarded.Index = _opened;
    }

    // Some hosts say null for a call without arguments. It is held back until it is more than that.
    private bool IsNullSoFar(ReadOnlySpan<byte> fragment)
    {
        ReadOnlySpan<byte> rest = NullWord.AsSpan(_nullLetters);
        if (fragment.IsEmpty || !rest.StartsWith(fragment))
        {
            return false;
        }

        _nullLetters += fragment.Length;
        return true;
    }

    private void AddInput(JsonText text, StreamEvents output)
    {
        ref StreamEvent input = ref output.Add(StreamEventKind.InputDelta);
        input.Index = _opened;
        input.Text = text;
    }

    private void Close(BlockTrack.BlockState state, StreamEvents output)
    {
        if (_open!.Kind == BlockKind.ToolUse && !_openIsCustom)
        {
            HasCutCall |= _hasArguments ? !_arguments.IsComplete : _nullLetters is > 0 and < 4;
        }

        if (_signature is not null)
        {
            ref StreamEvent signature = ref output.Add(StreamEventKind.SignatureDelta);
            signature = _signature.Value;
            signature.Index = _opened;
        }

        output.AddStop(_opened++);
        _open!.State = state;
        _open = null;
    }

    private void Drain(bool closeAll, StreamEvents output)
    {
        while (_open is null && _waiting.TryDequeue(out WaitingBlock? next))
        {
            next.Track.Waiting = null;
            Open(next.Track, next.Start, output);
            foreach (StreamEvent delta in next.Deltas)
            {
                Forward(delta, output);
            }

            bool makesWay = _waiting.Count > 0 && (next.Track.Kind != BlockKind.ToolUse || IsOpenComplete);
            if (next.IsStopped || closeAll || makesWay)
            {
                Close(next.IsStopped || !next.Track.IsWordy ? BlockTrack.BlockState.Done : BlockTrack.BlockState.Idle, output);
            }
        }
    }

    private void Finish(StreamEvents output)
    {
        if (AnswerEnd.Failure(_terminal.StopReason, _terminal.StopExplanation) is { } failure)
        {
            Error = failure;
            IsEnded = true;
            return;
        }

        Start(new StreamEvent { Kind = StreamEventKind.MessageStart, Usage = _terminal.Usage }, output);
        if (_open is not null)
        {
            Close(BlockTrack.BlockState.Done, output);
        }

        Drain(closeAll: true, output);
        output.Add(StreamEventKind.MessageDelta) = _terminal;
        output.Add(StreamEventKind.MessageStop);
        IsEnded = true;
    }

    private static readonly byte[] NullWord = "null"u8.ToArray();

    private void Hold(WaitingBlock block, in StreamEvent delta) => block.Deltas.Add(Held(delta));

    private StreamEvent Held(in StreamEvent source)
    {
        StreamEvent held = source;
        held.Text = Held(source.Text);
        held.Id = Held(source.Id);
        held.Name = Held(source.Name);
        held.Signature = Held(source.Signature);
        held.Logprobs = source.Logprobs.IsAbsent ? default : new(_held.Store(source.Logprobs.Span));
        held.Whole = source.Whole is { } whole ? HeldBlocks.Copy(whole, _held) : null;
        held.Citation = HeldBlocks.Copy(source.Citation, _held);
        _heldBytes += EventCost + source.Text.Escaped.Length + source.Logprobs.Raw.Length + (source.Whole?.Data.Escaped.Length ?? 0);
        if (_heldBytes > MaxHeld)
        {
            Overflow();
        }

        return held;
    }

    private JsonText Held(JsonText text) => text.IsAbsent ? text : _held.StoreText(text.Span);
}
