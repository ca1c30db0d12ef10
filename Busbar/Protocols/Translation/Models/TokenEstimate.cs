using Busbar.Ir;
using Busbar.Ir.Request;
using Busbar.Protocols.Forms;
using Busbar.Wire;
using Busbar.Wire.Json;

namespace Busbar.Protocols.Translation.Models;

/// <summary>
/// A guess at the input tokens of a request, without the model's tokeniser. The weights were fitted to recorded usage so that they rather count
/// too much: a client that trusts a count that is too small runs into its context limit. Not thread safe.
/// </summary>
internal sealed class TokenEstimate
{
    // Hundredths of a token, before the protocol's factor.
    private const int Word = 100;
    private const int LongWordLetter = 25;
    private const int WordLetters = 6;
    private const int DigitGroup = 100;
    private const int Indent = 50;
    private const int LineBreaks = 100;
    private const int Punctuation = 80;
    private const int WideCharacter = 120;
    private const int OtherByte = 50;
    private const int OpaqueByte = 45;
    private const int Turn = 600;
    private const int ToolFrame = 2000;

    // Tokens.
    private const int HostedTool = 2600;
    private const int Media = 1700;
    private const int SmallestFile = 2000;
    private const int FileByteShare = 33;
    private const int DemandedSchema = 250;
    private const int SourceInstructions = 700;
    private const int Source = 400;

    private long _text;
    private long _fixed;
    private bool _hasSources;

    private TokenEstimate()
    {
    }

    /// <summary>The guess for <paramref name="request"/> when a model behind <paramref name="egress"/> reads it; at least 1.</summary>
    public static long Of(ChatRequest request, ProtocolId egress)
    {
        var estimate = new TokenEstimate();
        estimate.AddAll(request);
        TokenPreamble preamble = ProtocolTable.Get(egress).Preamble;
        return preamble.Base
            + (request.Tools.Count > 0 ? preamble.Tools : 0)
            + (request.Reasoning.IsOn ? preamble.Thinking : 0)
            + estimate._fixed
            + (estimate._text * preamble.Percent / 10_000);
    }

    private void AddAll(ChatRequest request)
    {
        AddBlocks(request.System);
        foreach (Message message in request.Messages)
        {
            _text += Turn;
            AddBlocks(message.Blocks);
        }

        foreach (Tool tool in request.Tools)
        {
            AddTool(tool);
        }

        if (!request.ResponseFormat.Schema.IsAbsent)
        {
            _fixed += DemandedSchema;
            AddPlain(request.ResponseFormat.Schema.Span);
        }

        _fixed += _hasSources ? SourceInstructions : 0;
    }

    private void AddTool(in Tool tool)
    {
        if (tool.Kind == ToolKind.Hosted || tool.IsTyped)
        {
            _fixed += HostedTool;
            AddPlain(tool.Raw.Span);
            return;
        }

        _text += ToolFrame;
        Add(tool.Name);
        Add(tool.Description);
        AddPlain(tool.Schema.Span);
        AddPlain(tool.Format.Span);
    }

    private void AddBlocks(List<Block>? blocks)
    {
        foreach (Block block in blocks ?? [])
        {
            Add(block);
        }
    }

    private void Add(Block block)
    {
        if (block.Redacted)
        {
            _text += block.Text.Escaped.Length * OpaqueByte;
        }
        else
        {
            Add(block.Text);
        }

        Add(block.Name);
        Add(block.InputText);
        Add(block.Title);
        Add(block.Context);
        AddPlain(block.Input.Span);
        _text += block.Signature.Escaped.Length * OpaqueByte;
        switch (block.Kind)
        {
            case BlockKind.Document:
                _hasSources = true;
                _fixed += Source + block.Source switch
                {
                    MediaSource.Text or MediaSource.Blocks => 0,
                    MediaSource.Base64 => Math.Max(SmallestFile, block.Data.Escaped.Length / FileByteShare),
                    _ => SmallestFile,
                };
                break;
            case BlockKind.SearchResult:
                _hasSources = true;
                _fixed += Source;
                break;
            case BlockKind.Image or BlockKind.Audio or BlockKind.Video:
                _fixed += Media;
                break;
            case BlockKind.ServerToolUse or BlockKind.ServerToolResult or BlockKind.ToolChange or BlockKind.ToolReference or BlockKind.Summary
                or BlockKind.Opaque:
                AddPlain(block.Raw.Span);
                break;
        }

        AddBlocks(block.Children);
    }

    private void Add(JsonText text)
    {
        if (!text.HasEscapes)
        {
            AddPlain(text.Span);
            return;
        }

        using var plain = new PooledBuffer(text.Escaped.Length);
        JsonEscaping.Unescape(text.Span, plain);
        AddPlain(plain.Span);
    }

    private void AddPlain(ReadOnlySpan<byte> text)
    {
        int at = 0;
        while (at < text.Length)
        {
            byte first = text[at];
            int start = at++;
            CharacterClass kind = ClassOf(first);
            while (kind != CharacterClass.Punctuation && at < text.Length && ClassOf(text[at]) == kind)
            {
                at++;
            }

            _text += WeightOf(kind, text[start..at]);
        }
    }

    private static long WeightOf(CharacterClass kind, ReadOnlySpan<byte> run) => kind switch
    {
        CharacterClass.Letter => Word + (Math.Max(0, run.Length - WordLetters) * LongWordLetter),
        CharacterClass.Digit => (run.Length + 2) / 3 * DigitGroup,

        // A single blank is part of the word after it.
        CharacterClass.Blank => run.Length > 1 ? Indent : 0,
        CharacterClass.LineBreak => LineBreaks,
        CharacterClass.NotAscii => WeightOfWide(run),
        _ => Punctuation,
    };

    // Chinese, Japanese and Korean (U+3000 to U+DFFF, three bytes each) cost about a token a character, other scripts by their bytes.
    private static long WeightOfWide(ReadOnlySpan<byte> run)
    {
        long weight = 0;
        foreach (byte value in run)
        {
            weight += value switch
            {
                >= 0xE3 and <= 0xED => WideCharacter - (2 * OtherByte),
                _ => OtherByte,
            };
        }

        return weight;
    }

    private static CharacterClass ClassOf(byte value) => value switch
    {
        >= 0x80 => CharacterClass.NotAscii,
        (byte)' ' or (byte)'\t' => CharacterClass.Blank,
        (byte)'\r' or (byte)'\n' => CharacterClass.LineBreak,
        _ when char.IsAsciiLetter((char)value) => CharacterClass.Letter,
        _ when char.IsAsciiDigit((char)value) => CharacterClass.Digit,
        _ => CharacterClass.Punctuation,
    };

    private enum CharacterClass : byte
    {
        Letter,
        Digit,
        Blank,
        LineBreak,
        Punctuation,
        NotAscii,
    }
}
