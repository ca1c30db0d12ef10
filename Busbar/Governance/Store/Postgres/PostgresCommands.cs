using Npgsql;

namespace Busbar.Governance.Store.Postgres;

/// <summary>Statements with values for <c>$1</c>, <c>$2</c> and so on. None is prepared under a name.</summary>
internal static class PostgresCommands
{
    /// <summary>Runs <paramref name="sql"/> with <paramref name="values"/>. Number of rows changed.</summary>
    public static int Run(this NpgsqlConnection connection, string sql, params ReadOnlySpan<object?> values)
    {
        using NpgsqlCommand command = connection.Command(sql, values);
        return command.ExecuteNonQuery();
    }

    /// <summary>Runs it and makes something of each row.</summary>
    public static List<T> Read<T>(this NpgsqlConnection connection, string sql, Func<PostgresRow, T> make, params ReadOnlySpan<object?> values)
    {
        using NpgsqlCommand command = connection.Command(sql, values);
        using NpgsqlDataReader reader = command.ExecuteReader();
        var row = new PostgresRow(reader);
        var rows = new List<T>();
        while (reader.Read())
        {
            rows.Add(make(row));
        }

        return rows;
    }

    /// <summary>Runs it and takes the number in the first column of its one row; null when there is no row.</summary>
    public static long? Number(this NpgsqlConnection connection, string sql, params ReadOnlySpan<object?> values)
    {
        using NpgsqlCommand command = connection.Command(sql, values);
        return command.ExecuteScalar() as long?;
    }

    /// <summary>The command, with its values in place.</summary>
    public static NpgsqlCommand Command(this NpgsqlConnection connection, string sql, params ReadOnlySpan<object?> values)
    {
        NpgsqlCommand command = connection.CreateCommand();
        command.CommandText = sql;
        foreach (object? value in values)
        {
            command.Parameters.Add(new NpgsqlParameter { Value = value ?? DBNull.Value });
        }

        return command;
    }
}
