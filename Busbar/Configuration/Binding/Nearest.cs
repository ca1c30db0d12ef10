namespace Busbar.Configuration.Binding;

/// <summary>Guesses what a misspelt name was meant to be.</summary>
internal static class Nearest
{
    /// <summary>
    /// The candidate with the fewest edits (insert, delete, replace, swap neighbours), if a third of the letters or two edits suffice; else null.
    /// </summary>
    public static string? To(string name, IEnumerable<string> candidates)
    {
        string? best = null;
        int fewest = Math.Max(2, name.Length / 3) + 1;
        foreach (string candidate in candidates)
        {
            int edits = Distance(name, candidate);
            if (edits < fewest && edits < candidate.Length)
            {
                (best, fewest) = (candidate, edits);
            }
        }

        return best;
    }

    /// <summary>A remedy that names the nearest candidate, or all of them when none is near; null when there are none.</summary>
    public static string? Remedy(string name, IReadOnlyCollection<string> candidates) =>
        To(name, candidates) is { } near ? $"did you mean '{near}'?"
        : candidates.Count == 0 ? null
        : $"known are: {string.Join(", ", candidates.Take(20))}{(candidates.Count > 20 ? ", ..." : "")}";

    private static int Distance(string left, string right)
    {
        if (Math.Abs(left.Length - right.Length) > 16 || left.Length > 64)
        {
            return int.MaxValue;
        }

        int[,] cost = new int[left.Length + 1, right.Length + 1];
        for (int row = 0; row <= left.Length; row++)
        {
            for (int column = 0; column <= right.Length; column++)
            {
                if (row == 0 || column == 0)
                {
                    cost[row, column] = row + column;
                    continue;
                }

                int replace = left[row - 1] == right[column - 1] ? 0 : 1;
                int edits = Math.Min(cost[row - 1, column - 1] + replace, Math.Min(cost[row - 1, column], cost[row, column - 1]) + 1);
                if (row > 1 && column > 1 && left[row - 1] == right[column - 2] && left[row - 2] == right[column - 1])
                {
                    edits = Math.Min(edits, cost[row - 2, column - 2] + 1);
                }

                cost[row, column] = edits;
            }
        }

        return cost[left.Length, right.Length];
    }
}
