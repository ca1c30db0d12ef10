using System.Buffers;
using Busbar.Ir;
using Busbar.Ir.Request;
using Busbar.Wire;

namespace Busbar.Protocols.Translation.Request;

/// <summary>
/// The pairs attached to a request, within what their vendor takes: sixteen of strings; names up to 64 and values up to 512 characters at OpenAI,
/// both up to 256 of a set of its own at Bedrock. Other vendors have no place for them, and Chat Completions only in answers that it stores, which is
/// not asked for here.
/// </summary>
internal static class MetadataRule
{
    private const int MaxPairs = 16;

    // Letters, digits and white space go too.
    private static readonly SearchValues<char> BedrockSigns = SearchValues.Create("_@$#=/+,-.:");

    /// <summary>Takes out what the target refuses.</summary>
    public static void Apply(ChatRequest request, ProtocolId egress, ref Losses losses)
    {
        if (request.Metadata.IsAbsent)
        {
            return;
        }

        if (egress is not (ProtocolId.Responses or ProtocolId.Bedrock))
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
            if (taken < MaxPairs && member.Value.IsString && Fits(member.Name.ToString(), member.Value.Text.ToString(), egress))
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

    private static bool Fits(string name, string value, ProtocolId egress) => egress == ProtocolId.Bedrock
        ? name.Length is > 0 and <= 256 && value.Length <= 256 && IsPlain(name) && IsPlain(value)
        : name.Length <= 64 && value.Length <= 512;

    private static bool IsPlain(string text)
    {
        foreach (char character in text)
        {
            if (!char.IsAsciiLetterOrDigit(character) && !char.IsWhiteSpace(character) && !BedrockSigns.Contains(character))
            {
                return false;
            }
        }

        return true;
    }
}
