using Busbar.Ir;

namespace Busbar.Protocols.Translation.Request;

/// <summary>Compares what blocks say.</summary>
internal static class BlockContent
{
    /// <summary>Whether two results say the same, whatever call they name.</summary>
    public static bool AreEqual(Block one, Block other)
    {
        int count = one.Children?.Count ?? 0;
        bool isSame = one.Kind == other.Kind && one.IsError == other.IsError && one.Source == other.Source && count == (other.Children?.Count ?? 0)
            && one.Name.Equals(other.Name) && one.Text.Equals(other.Text) && one.Data.Equals(other.Data)
            && one.Input.Span.SequenceEqual(other.Input.Span);
        for (int index = 0; isSame && index < count; index++)
        {
            isSame = AreEqual(one.Children![index], other.Children![index]);
        }

        return isSame;
    }
}
