using Busbar.Ir;
using Busbar.Wire.Json;

namespace Busbar.Tests.Protocols.Seventh;

/// <summary>Reads a whole answer.</summary>
internal static class ResponseReader
{
    /// <summary>Reads <paramref name="body"/>. False when it is no answer.</summary>
    public static bool Read(ReadOnlyMemory<byte> body, ChatResponse response)
    {
        response.Source = SeventhProtocol.Number;
        if (!response.Tape.TryParse(body) || !response.Tape.Root["items"u8].IsArray)
        {
            return false;
        }

        JsonNode root = response.Tape.Root;
        response.Id = root["ref"u8].Text;
        response.Model = root["model"u8].Text;
        response.StopReason = Words.Ended(root["ended"u8].Text);
        response.Usage = Words.Usage(root["spent"u8]);
        return Items.TryRead(root["items"u8], response.Arena, response.Blocks);
    }
}
