namespace Busbar.Oidc;

/// <summary>The words for <see cref="TokenFault"/>.</summary>
internal static class TokenFaults
{
    private static readonly string[] Names = [.. Enum.GetNames<TokenFault>()
        .Select(name => "token_" + System.Text.Json.JsonNamingPolicy.SnakeCaseLower.ConvertName(name))];

    /// <summary>The word for <paramref name="fault"/>, such as <c>token_expired</c>.</summary>
    public static string NameOf(TokenFault fault) => Names[(int)fault];
}
