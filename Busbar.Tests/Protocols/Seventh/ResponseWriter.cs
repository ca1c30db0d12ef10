using Busbar.Ir;
using Busbar.Protocols;
using Busbar.Wire.Json;

namespace Busbar.Tests.Protocols.Seventh;

/// <summary>Writes a whole answer.</summary>
internal static class ResponseWriter
{
    /// <summary>Writes <paramref name="response"/> as the next value.</summary>
    public static void Write(ChatResponse response, in ResponseIdentity identity, JsonWriter output, ref Losses losses)
    {
        output.StartObject();
        output.String("ref"u8, identity.Id);
        output.Text("model"u8, response.Model.IsNullOrEmpty ? identity.Model : response.Model);
        Items.Write(response.Blocks, output, ref losses);
        Words.WriteEnded(response.StopReason, output);
        Words.WriteUsage(response.Usage, output);
        output.EndObject();
    }
}
