using System.Text.Json;

namespace Busbar.Tests.Admin;

/// <summary>What the admin API said.</summary>
internal sealed record AdminAnswer(int Status, string Body, string? Allow)
{
    public JsonElement Json => JsonDocument.Parse(Body).RootElement;

    public string Code => Json.GetProperty("error").GetProperty("code").GetString()!;

    public string Message => Json.GetProperty("error").GetProperty("message").GetString()!;

    public string Text(string member) => Json.GetProperty(member).GetString()!;

    public long Number(string member) => Json.GetProperty(member).GetInt64();
}
