namespace Busbar.Wire;

/// <summary>Storage of lists that are used again.</summary>
internal static class ListStorage
{
    private const int MaxKept = 256;

    /// <summary>
    /// Forgets all elements, and the storage as well when it is large: one long request must not make every later one hold its memory.
    /// </summary>
    public static void Empty<T>(this List<T> list)
    {
        list.Clear();
        if (list.Capacity > MaxKept)
        {
            list.Capacity = 0;
        }
    }
}
