using System.Text.Json;

namespace Busbar.Tests.Sdk.Frameworks;

/// <summary>What a test asks a framework.</summary>
internal sealed record Question(string Client, string Url, string Token, string Model, bool Stream, string Prompt, string[]? Tools,
    JsonElement? Schema, string? Image);
