using Busbar.Ir;
using Busbar.Wire.Json;

namespace Busbar.Tests.Protocols.Seventh;

/// <summary>What several readers and writers of the protocol share.</summary>
internal static class Words
{
    /// <summary>Reads <c>ended</c>.</summary>
    public static StopReason Ended(JsonText word) => word.IsNullOrEmpty ? StopReason.None
        : word.Is("done"u8) ? StopReason.EndTurn
        : word.Is("use"u8) ? StopReason.ToolUse
        : word.Is("cap"u8) ? StopReason.MaxTokens
        : StopReason.Other;

    /// <summary>Writes <c>ended</c>.</summary>
    public static void WriteEnded(StopReason reason, JsonWriter output) => output.Literal("ended"u8, reason switch
    {
        StopReason.ToolUse => "use"u8,
        StopReason.MaxTokens => "cap"u8,
        _ => "done"u8,
    });

    /// <summary>Reads <c>spent</c>.</summary>
    public static Usage Usage(JsonNode spent) => !spent.IsObject ? default : new Usage
    {
        Input = Ir.Usage.Count(spent["read"u8].Saturated), Output = Ir.Usage.Count(spent["written"u8].Saturated), IsReported = true,
    };

    /// <summary>Writes <c>spent</c>.</summary>
    public static void WriteUsage(in Usage usage, JsonWriter output)
    {
        output.StartObject("spent"u8);
        output.Number("read"u8, usage.TotalInput);
        output.Number("written"u8, usage.Output);
        output.EndObject();
    }

    /// <summary>Reads <c>fault</c>.</summary>
    public static ProviderError Fault(JsonNode fault)
    {
        string kind = fault["kind"u8].Text.ToString();
        return fault.IsObject ? new ProviderError(kind, kind, fault["says"u8].Text.ToString()) : default;
    }

    /// <summary>Writes <c>fault</c>.</summary>
    public static void Write(in GatewayError error, JsonWriter output)
    {
        output.StartObject("fault"u8);
        output.String("kind"u8, error.Kind.ToString());
        output.String("says"u8, error.Message ?? error.Kind.ToString());
        output.EndObject();
    }
}
