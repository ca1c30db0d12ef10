using Busbar.Ir;
using Busbar.Ir.Request;
using Busbar.Wire.Json;

namespace Busbar.Tests.Protocols.Seventh;

/// <summary>Reads a chat request.</summary>
internal static class RequestReader
{
    /// <summary>Reads <paramref name="body"/>; null on success.</summary>
    public static GatewayError? Read(ReadOnlyMemory<byte> body, ChatRequest request)
    {
        request.Source = SeventhProtocol.Number;
        if (!request.Tape.TryParse(body) || !request.Tape.Root.IsObject)
        {
            return new(ErrorKind.InvalidRequest, "not understood");
        }

        JsonNode root = request.Tape.Root;
        request.Model = root["model"u8].Text;
        request.Stream = root["stream"u8].IsTrue;
        request.MaxTokens = root["cap"u8].Integer is { } cap and > 0 ? cap : null;
        request.Temperature = root["heat"u8] is { IsNumber: true } heat ? heat.Raw : default;
        if (root["brief"u8].Text is { IsNullOrEmpty: false } brief)
        {
            request.System.Add(request.Arena.NewText(brief));
        }

        foreach (JsonNode tool in root["kit"u8].Items)
        {
            request.Tools.Add(new Tool { Name = tool["call"u8].Text, Description = tool["for"u8].Text, Schema = tool["takes"u8].Raw });
        }

        JsonText must = root["must"u8].Text;
        request.ToolChoice = must.IsAbsent ? default
            : must.Is("any"u8) ? new() { Kind = ToolChoiceKind.Required }
            : must.Is("none"u8) ? new() { Kind = ToolChoiceKind.None }
            : new() { Kind = ToolChoiceKind.Tool, Name = must };
        foreach (JsonNode turn in root["turns"u8].Items)
        {
            Role role = turn["who"u8].Text.Is("callee"u8) ? Role.Assistant : Role.User;
            if (!Items.TryRead(turn["items"u8], request.Arena, request.AddMessage(role).Blocks))
            {
                return new(ErrorKind.InvalidRequest, "an item is none", Param: "turns");
            }
        }

        return null;
    }
}
