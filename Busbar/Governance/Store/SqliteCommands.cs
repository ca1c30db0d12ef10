using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Busbar.Governance.Store;

/// <summary>Commands with values for <c>?1</c>, <c>?2</c> and so on, and rows whose values must have the type that they were written with.</summary>
internal static class SqliteCommands
{
    /// <summary>Prepares <paramref name="sql"/>, which is run often.</summary>
    public static SqliteCommand Prepare(this SqliteConnection connection, string sql)
    {
        SqliteCommand command = connection.CreateCommand();
        command.CommandText = sql;
        command.Prepare();
        return command;
    }

    /// <summary>Runs statements without values.</summary>
    public static void Execute(this SqliteConnection connection, string sql)
    {
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    /// <summary>Whether a transaction is open.</summary>
    public static bool IsInTransaction(this SqliteConnection connection) => raw.sqlite3_get_autocommit(connection.Handle) == 0;

    /// <summary>Runs it with <paramref name="values"/>. Number of rows changed.</summary>
    public static int Run(this SqliteCommand command, params ReadOnlySpan<object?> values) => command.Bind(values).ExecuteNonQuery();

    /// <summary>Runs it with <paramref name="values"/> and makes something of each row.</summary>
    public static List<T> Read<T>(this SqliteCommand command, Func<SqliteDataReader, T> row, params ReadOnlySpan<object?> values)
    {
        using SqliteDataReader reader = command.Bind(values).ExecuteReader();
        var rows = new List<T>();
        while (reader.Read())
        {
            rows.Add(row(reader));
        }

        return rows;
    }

    /// <summary>The rows of a query that is asked once.</summary>
    public static List<T> Read<T>(this SqliteConnection connection, string sql, Func<SqliteDataReader, T> row)
    {
        using SqliteCommand command = connection.Prepare(sql);
        return command.Read(row);
    }

    /// <summary>A number that is at least 0; <see cref="InvalidDataException"/> when it is anything else.</summary>
    public static long Count(this SqliteDataReader row, int column) => row.GetValue(column) is long and >= 0 and var count ? count
        : throw row.Unreadable(column);

    /// <summary>A text; <see cref="InvalidDataException"/> when it is anything else.</summary>
    public static string Text(this SqliteDataReader row, int column) => row.GetValue(column) as string ?? throw row.Unreadable(column);

    private static InvalidDataException Unreadable(this SqliteDataReader row, int column) => new($"has an unreadable {row.GetName(column)}");

    private static SqliteCommand Bind(this SqliteCommand command, ReadOnlySpan<object?> values)
    {
        for (int i = 0; i < values.Length; i++)
        {
            if (i == command.Parameters.Count)
            {
                command.Parameters.Add(new SqliteParameter { ParameterName = $"?{i + 1}" });
            }

            command.Parameters[i].Value = values[i] ?? DBNull.Value;
        }

        return command;
    }
}
