using Busbar.Wire.Json;

namespace Busbar.Admin;

/// <summary>An admitted call on its way to an answer.</summary>
/// <param name="Request">What was sent.</param>
/// <param name="Action">What is asked.</param>
/// <param name="Subject">The key or lane that the path names, decoded; empty when it names none.</param>
/// <param name="Query">Its query.</param>
/// <param name="Body">Its body; empty when there is none.</param>
/// <param name="Reply">Takes the answer.</param>
internal readonly record struct AdminCall(AdminRequest Request, AdminAction Action, string Subject, AdminQuery Query, ReadOnlyMemory<byte> Body,
    AdminReply Reply)
{
    /// <summary>Writes the answer.</summary>
    public JsonWriter Json => Reply.Json;
}
