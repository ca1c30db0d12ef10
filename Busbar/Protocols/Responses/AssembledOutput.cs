using Busbar.Ir;
using Busbar.Ir.Request;
using Busbar.Ir.Streams;
using Busbar.Protocols.Responses.Content;
using Busbar.Protocols.Responses.Tools;
using Busbar.Protocols.Translation.Response;
using Busbar.Wire;
using Busbar.Wire.Json;

namespace Busbar.Protocols.Responses;

/// <summary>
/// What a stream writer must repeat later: the words and annotations of the open part, the parts of the open message, and all finished items. Past
/// <see cref="Limit"/> bytes no more is kept, so that the repetitions become incomplete while the deltas go on.
/// </summary>
internal sealed class AssembledOutput : IDisposable
{
    /// <summary>Most bytes kept per buffer.</summary>
    public const int Limit = 32 * 1024 * 1024;

    /// <summary>Arguments of a call that has none.</summary>
    public static readonly JsonText NoArguments = JsonText.From("{}");

    private readonly PooledBuffer _call = new(128);
    private int _callIdLength;
    private int _callNameEnd;

    /// <summary>Finished items, as the elements of a JSON array.</summary>
    public PooledBuffer Items { get; } = new(4096);

    /// <summary>Finished parts of the open message, as the elements of a JSON array.</summary>
    public PooledBuffer Parts { get; } = new(1024);

    /// <summary>Words or arguments of the open block, escaped.</summary>
    public PooledBuffer Words { get; } = new(1024);

    /// <summary>Annotations of the open part, as the elements of a JSON array.</summary>
    public PooledBuffer Annotations { get; } = new(256);

    /// <summary>How many annotations that are.</summary>
    public int AnnotationCount { get; set; }

    /// <summary>Signature of the open reasoning item, escaped; empty when none.</summary>
    public PooledBuffer Signature { get; } = new(256);

    /// <summary>How the client spells the open call.</summary>
    public ToolForm CallForm { get; private set; }

    /// <summary>Whether the open call is that of a custom tool.</summary>
    public bool IsCustomCall => CallForm == ToolForm.Custom;

    /// <summary>The open call's id.</summary>
    public JsonText CallId => new(_call.Memory[.._callIdLength]);

    /// <summary>The open call's tool name.</summary>
    public JsonText CallName => new(_call.Memory[_callIdLength.._callNameEnd]);

    /// <summary>The client's group of tools that the called one is in; absent when it is in none.</summary>
    public JsonText CallNamespace => _callNameEnd == _call.Length ? default : new(_call.Memory[_callNameEnd..]);

    /// <summary><see cref="Words"/> as text.</summary>
    public JsonText WordsText => new(Words.Memory);

    /// <summary>Whether another finished piece may be kept.</summary>
    public bool HasRoom => Items.Length + Parts.Length + Words.Length < Limit;

    // Clients run what a finished item holds, so that a call that was cut must not look finished.
    private bool IsCut
    {
        get
        {
            var arguments = default(JsonProgress);
            arguments.Read(Words.Span);
            return !IsCustomCall && Words.Length > 0 && !arguments.IsComplete;
        }
    }

    /// <summary>Begins an item that is no message.</summary>
    public void StartItem()
    {
        Words.Clear();
        Signature.Clear();
    }

    /// <summary>Begins a call.</summary>
    public void StartCall(in StreamEvent start)
    {
        StartItem();
        CallForm = start.Form;
        _call.Clear();
        _call.Write(start.Id.Span);
        _callIdLength = _call.Length;
        _call.Write(start.Name.Span);
        _callNameEnd = _call.Length;
        _call.Write(start.Namespace.Span);
    }

    /// <summary>Keeps words or arguments of the open block.</summary>
    public void AddWords(JsonText words)
    {
        if (Words.Length + words.Span.Length < Limit)
        {
            Words.Write(words.Span);
        }
    }

    /// <summary>Keeps the signature of the open reasoning item.</summary>
    public void Sign(JsonText signature)
    {
        Signature.Clear();
        Signature.Write(signature.Span);
    }

    /// <summary>Writes the open reasoning item or call as the next value: empty, or with all it holds.</summary>
    public void WriteItem(JsonWriter json, JsonText id, BlockKind kind, bool done)
    {
        json.StartObject();
        json.Text("id"u8, id);
        if (kind == BlockKind.Thinking)
        {
            json.Literal("type"u8, "reasoning"u8);
            OutputItems.WriteSummary(done ? WordsText : default, json);
            if (done && Signature.Length > 0)
            {
                json.Text("encrypted_content"u8, new JsonText(Signature.Memory));
            }
        }
        else if (TryWriteTyped(json))
        {
            json.Literal("status"u8, done ? "completed"u8 : "in_progress"u8);
        }
        else
        {
            json.Literal("type"u8, IsCustomCall ? "custom_tool_call"u8 : "function_call"u8);
            json.Text("call_id"u8, CallId);
            json.Text("name"u8, CallName);
            json.TextIfPresent("namespace"u8, CallNamespace);
            json.Text(IsCustomCall ? "input"u8 : "arguments"u8, done ? WordsText : JsonText.Empty);
            json.Literal("status"u8, !done ? "in_progress"u8 : IsCut ? "incomplete"u8 : "completed"u8);
        }

        json.EndObject();
    }

    // Such an item has no form without its arguments, so it is written at the call's end only.
    private bool TryWriteTyped(JsonWriter json)
    {
        if (CallForm <= ToolForm.Custom)
        {
            return false;
        }

        using var arguments = new PooledBuffer(Words.Length + 1);
        JsonEscaping.Unescape(Words.Span, arguments);
        return TypedCalls.TryWrite(CallForm, CallId, new JsonSlice(arguments.Memory), json);
    }

    /// <summary>Writes the message item as the next value; <paramref name="parts"/> are the elements of its content.</summary>
    public void WriteMessage(JsonWriter json, JsonText id, ReadOnlySpan<byte> status, ReadOnlySpan<byte> parts)
    {
        json.StartObject();
        json.Text("id"u8, id);
        json.Literal("type"u8, "message"u8);
        json.Literal("status"u8, status);
        json.Literal("role"u8, "assistant"u8);
        json.StartArray("content"u8);
        json.Output.Write(parts);
        json.EndArray();
        json.EndObject();
    }

    /// <summary>Writes the open part as the next value.</summary>
    public void WritePart(JsonWriter json, BlockKind kind)
    {
        if (kind == BlockKind.Refusal)
        {
            OutputItems.WriteRefusalPart(WordsText, json);
        }
        else
        {
            OutputItems.WriteTextPart(WordsText, Annotations.Span, json);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _call.Dispose();
        Items.Dispose();
        Parts.Dispose();
        Words.Dispose();
        Annotations.Dispose();
        Signature.Dispose();
    }
}
