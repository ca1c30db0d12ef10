using Busbar.Wire;
using Busbar.Wire.Json;

namespace Busbar.Protocols.Gemini;

/// <summary>
/// The places in a body that repeat the model of the path, which the provider compares with it: <c>model</c>, <c>generateContentRequest.model</c>
/// and <c>requests[].model</c>.
/// </summary>
internal static class NamedModels
{
    /// <summary>
    /// Appends <paramref name="body"/> with <paramref name="model"/> in those places. False, with nothing written, when it has none of them.
    /// </summary>
    public static bool TryReplace(ReadOnlyMemory<byte> body, string model, PooledBuffer output)
    {
        using var tape = new JsonTape();
        if (!tape.TryParse(body))
        {
            return false;
        }

        ReadOnlyMemory<byte> rest = body;
        JsonText name = JsonText.From(model);
        foreach (JsonMember member in tape.Root.Members)
        {
            if (member.Name.Is("model"u8))
            {
                Replace(member.Value, name, ref rest, output);
            }
            else if (member.Name.Is("generateContentRequest"u8) || member.Name.Is("generate_content_request"u8))
            {
                Replace(member.Value["model"u8], name, ref rest, output);
            }
            else if (member.Name.Is("requests"u8))
            {
                foreach (JsonNode request in member.Value.Items)
                {
                    Replace(request["model"u8], name, ref rest, output);
                }
            }
        }

        bool replaced = rest.Length < body.Length;
        if (replaced)
        {
            output.Write(rest.Span);
        }

        return replaced;
    }

    // Values are met in the order in which they stand in the body.
    private static void Replace(JsonNode value, JsonText name, ref ReadOnlyMemory<byte> rest, PooledBuffer output)
    {
        if (!value.IsString || !rest.Span.Overlaps(value.Raw.Span, out int start))
        {
            return;
        }

        output.Write(rest.Span[..start]);
        output.Write((byte)'"');
        output.Write(name.Span);
        output.Write((byte)'"');
        rest = rest[(start + value.Raw.Span.Length)..];
    }
}
