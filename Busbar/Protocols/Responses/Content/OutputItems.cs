using Busbar.Ir;
using Busbar.Ir.Request;
using Busbar.Protocols.Responses.Tools;
using Busbar.Protocols.Translation.Signatures;
using Busbar.Wire;
using Busbar.Wire.Json;

namespace Busbar.Protocols.Responses.Content;

/// <summary>The members of output items that whole answers, streams and replayed history write alike.</summary>
internal static class OutputItems
{
    /// <summary>
    /// Writes type, call id, name and argument of a call into an open item; as a function call unless <paramref name="typed"/> lets it have its own
    /// form.
    /// </summary>
    public static void WriteCallMembers(Block call, JsonWriter output, bool typed = true)
    {
        if (typed && call.Form > ToolForm.Custom && TypedCalls.TryWrite(call.Form, call.Id, call.Input, output))
        {
            return;
        }

        output.Literal("type"u8, call.IsCustomTool ? "custom_tool_call"u8 : "function_call"u8);
        output.Text("call_id"u8, call.Id);
        output.Text("name"u8, call.OwnName.IsAbsent ? call.Name : call.OwnName);
        output.TextIfPresent("namespace"u8, call.Namespace);
        if (call.IsCustomTool || !call.InputText.IsAbsent)
        {
            output.Text(call.IsCustomTool ? "input"u8 : "arguments"u8, call.InputText);
        }
        else if (call.Input.IsAbsent)
        {
            output.Literal("arguments"u8, "{}"u8);
        }
        else
        {
            output.Stringified("arguments"u8, call.Input);
        }
    }

    /// <summary>Writes the <c>summary</c> of a reasoning item: one part, or none without words.</summary>
    public static void WriteSummary(JsonText text, JsonWriter output)
    {
        output.StartArray("summary"u8);
        if (!text.IsNullOrEmpty)
        {
            WriteSummaryPart(text, output);
        }

        output.EndArray();
    }

    /// <summary>Writes a summary of the conversation as a compaction item. Its words are wrapped, so that any lane can be told them later.</summary>
    public static void WriteSummaryItem(JsonText words, JsonText id, JsonWriter output)
    {
        using var wrapped = new PooledBuffer(words.Escaped.Length * 2 + 32);
        SignatureEnvelope.Wrap(ProtocolId.Responses, SignatureUse.Summary, "", words, wrapped);
        output.StartObject();
        output.Text("id"u8, id);
        output.Literal("type"u8, "compaction"u8);
        output.Text("encrypted_content"u8, new JsonText(wrapped.Memory));
        output.EndObject();
    }

    /// <summary>Writes one summary part as the next value.</summary>
    public static void WriteSummaryPart(JsonText text, JsonWriter output)
    {
        output.StartObject();
        output.Literal("type"u8, "summary_text"u8);
        output.Text("text"u8, text);
        output.EndObject();
    }

    /// <summary>Writes an <c>output_text</c> part as the next value; <paramref name="annotations"/> are the elements of its list.</summary>
    public static void WriteTextPart(JsonText text, ReadOnlySpan<byte> annotations, JsonWriter output)
    {
        output.StartObject();
        output.Literal("type"u8, "output_text"u8);
        output.Text("text"u8, text);
        output.StartArray("annotations"u8);
        output.Output.Write(annotations);
        output.EndArray();
        output.Raw("logprobs"u8, "[]"u8);
        output.EndObject();
    }

    /// <summary>Writes a <c>refusal</c> part as the next value.</summary>
    public static void WriteRefusalPart(JsonText text, JsonWriter output)
    {
        output.StartObject();
        output.Literal("type"u8, "refusal"u8);
        output.Text("refusal"u8, text);
        output.EndObject();
    }

    /// <summary>Whether <paramref name="signature"/> may stand in <c>encrypted_content</c>: this vendor's own, or a wrapped one of another.</summary>
    public static bool CanCarry(JsonText signature, ProtocolId origin, ref Losses losses)
    {
        if (signature.IsNullOrEmpty)
        {
            return false;
        }

        bool can = origin == ProtocolId.Responses || SignatureEnvelope.Is(signature);
        if (!can)
        {
            losses.Add(LossField.ThinkingSignature);
        }

        return can;
    }

    /// <summary>Writes the members of a generated picture into an open item.</summary>
    public static void WriteImageMembers(Block image, JsonText id, JsonWriter output)
    {
        output.Text("id"u8, id);
        output.Literal("type"u8, "image_generation_call"u8);
        output.Literal("status"u8, "completed"u8);
        output.Text("result"u8, image.Data);
    }
}
