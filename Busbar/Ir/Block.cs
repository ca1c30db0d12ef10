using Busbar.Ir.Request;
using Busbar.Wire.Json;

namespace Busbar.Ir;

/// <summary>
/// One piece of a message. Blocks are recycled by their <see cref="IrArena"/>, so one class carries every kind;
/// <see cref="BlockKind"/> says which fields a kind uses. Texts and raw values are slices of the bytes that were read.
/// </summary>
internal sealed class Block
{
    // Most blocks are words and need none of these.
    private BlockDetails? _rare;
    private BlockMedia? _media;

    /// <summary>What this block is.</summary>
    public BlockKind Kind;

    /// <summary>Visible, thinking or refusal text; the text of a plain-text document.</summary>
    public JsonText Text;

    /// <summary>Call id of a tool use, tool result or server tool block.</summary>
    public JsonText Id
    {
        get => _rare is null ? default : _rare.Id;
        set
        {
            if (_rare is not null || !value.IsAbsent)
            {
                Rare.Id = value;
            }
        }
    }

    /// <summary>Tool name. On a tool result: the name of the call it answers, when the protocol says so.</summary>
    public JsonText Name
    {
        get => _rare is null ? default : _rare.Name;
        set
        {
            if (_rare is not null || !value.IsAbsent)
            {
                Rare.Name = value;
            }
        }
    }

    /// <summary>Arguments of a tool use as one JSON value; the value of a Json block.</summary>
    public JsonSlice Input
    {
        get => _rare is null ? default : _rare.Input;
        set
        {
            if (_rare is not null || !value.IsAbsent)
            {
                Rare.Input = value;
            }
        }
    }

    /// <summary>Arguments that are not JSON: an unparsable string from the wire, or the free text of a custom tool.</summary>
    public JsonText InputText
    {
        get => _rare is null ? default : _rare.InputText;
        set
        {
            if (_rare is not null || !value.IsAbsent)
            {
                Rare.InputText = value;
            }
        }
    }

    /// <summary>Opaque proof that belongs to <see cref="Origin"/> and goes home only there.</summary>
    public JsonText Signature
    {
        get => _rare is null ? default : _rare.Signature;
        set
        {
            if (_rare is not null || !value.IsAbsent)
            {
                Rare.Signature = value;
            }
        }
    }

    /// <summary>The vendor family that issued <see cref="Signature"/>, <see cref="Raw"/> or a vendor file reference.</summary>
    public ProtocolId Origin;

    /// <summary>Thinking: <see cref="Text"/> is the vendor's encrypted form, not words.</summary>
    public bool Redacted;

    /// <summary>Tool result: the call failed. Tool change: removal.</summary>
    public bool IsError;

    /// <summary>Tool use and result: how the client spells the call.</summary>
    public ToolForm Form;

    /// <summary>Tool use: the client's group of tools that <see cref="OwnName"/> is one of; absent when it stands in none.</summary>
    public JsonText Namespace
    {
        get => _rare is null ? default : _rare.Namespace;
        set
        {
            if (_rare is not null || !value.IsAbsent)
            {
                Rare.Namespace = value;
            }
        }
    }

    /// <summary>Tool use in a <see cref="Namespace"/>: its name in there. <see cref="Name"/> is then unique over all groups.</summary>
    public JsonText OwnName
    {
        get => _rare is null ? default : _rare.OwnName;
        set
        {
            if (_rare is not null || !value.IsAbsent)
            {
                Rare.OwnName = value;
            }
        }
    }

    /// <summary>Tool use: a custom (free-text) tool, whose argument is <see cref="InputText"/>.</summary>
    public bool IsCustomTool
    {
        get => Form == ToolForm.Custom;
        set => Form = value ? ToolForm.Custom : ToolForm.Function;
    }

    /// <summary>Cache breakpoint after this block.</summary>
    public CacheMark Cache;

    /// <summary>Where media bytes are.</summary>
    public MediaSource Source
    {
        get => _media is null ? default : _media.Source;
        set
        {
            if (_media is not null || value != default)
            {
                Media.Source = value;
            }
        }
    }

    /// <summary>MIME type of media, such as <c>image/png</c>; for Bedrock formats the reader maps to MIME and the writer back.</summary>
    public JsonText MediaType
    {
        get => _media is null ? default : _media.MediaType;
        set
        {
            if (_media is not null || !value.IsAbsent)
            {
                Media.MediaType = value;
            }
        }
    }

    /// <summary>Base64 bytes, address or vendor file id of media.</summary>
    public JsonText Data
    {
        get => _media is null ? default : _media.Data;
        set
        {
            if (_media is not null || !value.IsAbsent)
            {
                Media.Data = value;
            }
        }
    }

    /// <summary>Image detail word (<c>auto</c>, <c>low</c>, <c>high</c>, <c>original</c>).</summary>
    public JsonText Detail
    {
        get => _media is null ? default : _media.Detail;
        set
        {
            if (_media is not null || !value.IsAbsent)
            {
                Media.Detail = value;
            }
        }
    }

    /// <summary>Document title or file name; search-result title.</summary>
    public JsonText Title
    {
        get => _media is null ? default : _media.Title;
        set
        {
            if (_media is not null || !value.IsAbsent)
            {
                Media.Title = value;
            }
        }
    }

    /// <summary>Document context text.</summary>
    public JsonText Context
    {
        get => _media is null ? default : _media.Context;
        set
        {
            if (_media is not null || !value.IsAbsent)
            {
                Media.Context = value;
            }
        }
    }

    /// <summary>Whether the model should cite this document or search result; null when unsaid.</summary>
    public bool? CitationsEnabled
    {
        get => _media?.CitationsEnabled;
        set
        {
            if (_media is not null || value is not null)
            {
                Media.CitationsEnabled = value;
            }
        }
    }

    /// <summary>Responses message phase (<c>commentary</c>, <c>final_answer</c>).</summary>
    public JsonText Phase
    {
        get => _media is null ? default : _media.Phase;
        set
        {
            if (_media is not null || !value.IsAbsent)
            {
                Media.Phase = value;
            }
        }
    }

    /// <summary>The block exactly as read, for replay to the same vendor; absent where the fields say everything.</summary>
    public JsonSlice Raw;

    /// <summary>Nested blocks; null until <see cref="AddChild"/>.</summary>
    public List<Block>? Children
    {
        get => _rare?.Children;
        set
        {
            if (_rare is not null || value is not null)
            {
                Rare.Children = value;
            }
        }
    }

    /// <summary>Citations of a text block; null until <see cref="AddCitation"/>.</summary>
    public List<Citation>? Citations
    {
        get => _rare?.Citations;
        set
        {
            if (_rare is not null || value is not null)
            {
                Rare.Citations = value;
            }
        }
    }

    /// <summary>Appends a nested block.</summary>
    public void AddChild(Block child) => (Children ??= []).Add(child);

    /// <summary>Appends a citation.</summary>
    public void AddCitation(in Citation citation) => (Citations ??= []).Add(citation);

    private BlockDetails Rare => _rare ??= new BlockDetails();

    private BlockMedia Media => _media ??= new BlockMedia();

    /// <summary>Bytes that a block of <paramref name="kind"/> costs, with its place in a list.</summary>
    internal static int Cost(BlockKind kind) => kind switch
    {
        BlockKind.Text => 96,
        BlockKind.Image or BlockKind.Document or BlockKind.Audio => 96 + 144 + 144,
        _ => 96 + 144,
    };

    /// <summary>Makes the block as new, keeping list storage.</summary>
    internal void Reset(BlockKind kind)
    {
        Kind = kind;
        Text = default;
        Raw = default;
        Origin = default;
        Redacted = IsError = false;
        Form = default;
        Cache = default;
        _rare?.Reset();
        _media?.Reset();
    }
}
