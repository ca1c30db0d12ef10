using Busbar.Ir;
using Busbar.Protocols.OpenAI;

namespace Busbar.Protocols.Responses;

/// <summary>The <c>error.code</c> of a failed response: always a token, because clients branch on it.</summary>
internal static class ErrorCodes
{
    private const int MaxLength = 64;

    /// <summary>The code of <paramref name="error"/>: its own when it is a token, otherwise the one of its kind.</summary>
    public static string Of(in GatewayError error) => error.Code is { } code && IsToken(code) ? code : Usual(error);

    private static string Usual(in GatewayError error) => ErrorEnvelope.Code(error) ?? error.Kind switch
    {
        ErrorKind.InvalidRequest or ErrorKind.TooLarge or ErrorKind.MethodNotAllowed => "invalid_prompt",
        _ => "server_error",
    };

    private static bool IsToken(string code)
    {
        if (code.Length is 0 or > MaxLength)
        {
            return false;
        }

        foreach (char character in code)
        {
            if (!char.IsAsciiLetterOrDigit(character) && character is not ('.' or '_' or '-'))
            {
                return false;
            }
        }

        return true;
    }
}
