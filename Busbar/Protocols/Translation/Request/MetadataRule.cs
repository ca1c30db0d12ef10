using Busbar.Ir;
using Busbar.Ir.Request;
using Busbar.Protocols.Forms;
using Busbar.Wire;
using Busbar.Wire.Json;

namespace Busbar.Protocols.Translation.Request;

/// <summary>
/// The pairs attached to a request, within what their vendor takes: sixteen of strings; names up to 64 and values up to 512 characters at OpenAI,
/// both up to 256 of a set of its own at Bedrock. Other vendors have no place for them, and Chat Completions only in answers that it stores, which is
/// not asked for here.
/// </summary>
internal static class MetadataRule
{
    private const int MaxPairs = 16;

    /// <summary>Takes out what the target refuses.</summary>
    public static void Apply(ChatRequest request, FieldForm form, ref Losses losses)
    {
        if (request.Metadata.IsAbsent)
        {
            return;
        }

        if (form.MaxMetadataName == 0)
        {
            request.Metadata = default;
            losses.Add(LossField.Metadata);
            return;
        }

        using var tape = new JsonTape();
        if (!tape.TryParse(request.Metadata.Raw) || !tape.Root.IsObject)
        {
            request.Metadata = default;
            losses.Add(LossField.Metadata);
            return;
        }

        using var kept = new PooledBuffer(request.Metadata.Raw.Length + 16);
        var json = new JsonWriter(kept);
        json.StartObject();
        int taken = 0;
        int all = 0;
        foreach (JsonMember member in tape.Root.Members)
        {
            all++;
            if (taken < MaxPairs && member.Value.IsString && Fits(member.Name.ToString(), member.Value.Text.ToString(), form))
            {
                taken++;
                json.Text(member.Name.Span, member.Value.Text);
            }
        }

        json.EndObject();
        if (taken < all)
        {
            losses.Add(LossField.Metadata);
        }

        request.Metadata = taken == 0 ? default : new(request.Arena.Store(kept.Span));
    }

    private static bool Fits(string name, string value, FieldForm form) =>
        name.Length <= form.MaxMetadataName && value.Length <= form.MaxMetadataValue
        && (form.MetadataSigns is not { } signs || (name.Length > 0 && IsPlain(name, signs) && IsPlain(value, signs)));

    private static bool IsPlain(string text, string signs)
    {
        foreach (char character in text)
        {
            if (!char.IsAsciiLetterOrDigit(character) && !char.IsWhiteSpace(character) && !signs.Contains(character))
            {
                return false;
            }
        }

        return true;
    }
}
