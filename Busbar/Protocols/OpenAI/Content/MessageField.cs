using System.Globalization;

namespace Busbar.Protocols.OpenAI.Content;

/// <summary>A message of a request, as refusals name it. Its name is only made where one is refused.</summary>
/// <param name="Position">Its place among the messages, from 0.</param>
internal readonly record struct MessageField(int Position)
{
    /// <summary>The name of a member of the message, which begins with a dot.</summary>
    public static string operator +(MessageField message, string member) => message.ToString() + member;

    /// <inheritdoc/>
    public override string ToString() => "messages[" + Position.ToString(CultureInfo.InvariantCulture) + "]";
}
